"""Opening a store by its address, with the package that it needs; the rest of the plugin sees fsspec only.

fsspec and the packages for each kind of store are optional, large and slow to import, so the first call that needs them
imports them.
"""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from movietracker.pluginapi import DestinationNotConfigured

# Scheme of the address -> the package for it, and our extra that installs the package.
PACKAGES = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "sftp": ("sshfs", "sftp"),
    "ssh": ("sshfs", "sftp"),
    "webdav": ("webdav4", "webdav"),
    "webdav+http": ("webdav4", "webdav"),
    "webdav+https": ("webdav4", "webdav"),
}

# These show only complete files, and have neither folders nor links.
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    # By default sshfs accepts any host key; () means the user's known_hosts.
    "sshfs": {"known_hosts": (), "connect_timeout": 20, "keepalive_interval": 15},
    "webdav4": {"timeout": 30},
}


class Store(NamedTuple):
    """An open store: fsspec's file system, and the folder in it that the address names (without a trailing slash)."""

    fs: Any
    base: str
    scheme: str

    @property
    def is_object_store(self) -> bool:
        """Whether it shows only complete files, and has neither folders nor links."""
        return self.scheme in OBJECT_STORES

    @property
    def is_local(self) -> bool:
        """Whether this is a folder of this machine, on a mounted disk for instance."""
        return self.scheme in ("file", "local")

    def write(self, path: str, content: BinaryIO) -> None:
        """Write or overwrite a file; in a folder of this machine also force it to the disk."""
        if self.is_object_store:
            # In one call, because fsspec stores a file when it is closed, even after an error halfway.
            self.fs.pipe_file(path, content.read())
            return
        with self.fs.open(path, "wb") as file:
            shutil.copyfileobj(content, file)
            if self.is_local:
                file.flush()
                os.fsync(file.fileno())

    def move(self, source: str, target: str) -> None:
        """Rename a file over another one, in one step where the store can do that."""
        if self.scheme.startswith("webdav"):
            self.fs.client.move(source, target, overwrite=True)  # fs.mv would copy and delete
        else:
            self.fs.mv(source, target)


def open_store(address: str, options: Mapping[str, Any]) -> Store:
    """Open the store at this address; raises DestinationNotConfigured, and whatever connecting to it raises."""
    scheme = address.partition("://")[0].lower() if "://" in address else "file"
    package, extra = PACKAGES.get(scheme, ("fsspec", "remote"))
    for needed in ("fsspec", package):
        if importlib.util.find_spec(needed) is None:
            raise DestinationNotConfigured(
                f"Backups to {scheme}:// need one more package: pip install 'movietracker[{extra}]'."
            )
    options = {**_DEFAULTS.get(package, {}), **options}
    if package == "webdav4" and isinstance(options.get("auth"), list):
        options["auth"] = tuple(options["auth"])  # JSON has no tuples, and httpx takes no lists
    fsspec = importlib.import_module("fsspec")
    if scheme.startswith("webdav+"):
        fs = fsspec.filesystem("webdav", skip_instance_cache=True, **_webdav(address, options))
        return Store(fs, "", scheme)
    try:
        fs, base = fsspec.url_to_fs(address, skip_instance_cache=True, **options)
    except ImportError as error:
        raise DestinationNotConfigured(f"Backups to {scheme}:// need one more package: {error}.") from error
    except ValueError as error:
        if "Protocol not known" in str(error):
            raise DestinationNotConfigured(f"No package serves addresses that begin with {scheme}://.") from error
        raise
    return Store(fs, str(base).rstrip("/"), scheme)


def _webdav(address: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of webdav4 for an address like webdav+https://user:password@host/path."""
    parts = urlsplit(address.partition("+")[2])
    host = parts.netloc.rpartition("@")[2]
    found: dict[str, Any] = {**options, "base_url": f"{parts.scheme}://{host}{parts.path}"}
    if parts.username is not None:
        found["auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return found
