"""Posters, fetched on behalf of clients and kept in files, so that no visitor's address goes to the providers' servers.

Only images of the origins in IMAGE_ORIGINS are fetched, at most IMAGE_CACHE_MEGABYTES of them kept: those that were
asked for last.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import requests

from ._version import __version__
from .circuit_breaker import CircuitBreaker
from .errors import ImageNotFound, ProviderFailed, ProviderUnreachable
from .files import whole_file

MAX_BYTES = 4 * 1024 * 1024
TYPES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/avif": ".avif", "image/gif": ".gif"}
"""What is passed on: no SVG, which can contain scripts."""

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.0, 5.0, 10.0
COOLDOWN_SECONDS = 15.0
_TOUCH_SECONDS = 86_400.0
"""How often it is noted that an image was asked for."""

_KEPT_WHEN_FULL = 0.9
_CHUNK_BYTES = 64 * 1024

logger = logging.getLogger("movietracker.images")


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its bytes and its media type."""

    content: bytes
    media_type: str


class ImageCache:
    """Images by address without the scheme; safe for threads and processes that share the folder."""

    def __init__(self, folder: Path, origins: Sequence[str], max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._origins = tuple(origins)
        self._breakers = {origin: CircuitBreaker(COOLDOWN_SECONDS, max_failures=3) for origin in origins}
        self._lock = threading.Lock()
        self._size: int | None = None

    def get(self, address: str, fetching: Callable[[], None] = lambda: None) -> Image:
        """The image at ``host/path``; ``fetching`` is called first if it is not kept, and may raise.

        Raises ImageNotFound, ProviderFailed and ProviderUnreachable.
        """
        origin = next((each for each in self._origins if address.startswith(each.partition("://")[2] + "/")), None)
        if origin is None or ".." in address:
            raise ImageNotFound
        name = sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
        image = self._stored(name)
        if image is None:
            fetching()
            image = self._fetched(origin, address)
            self._store(name, image)
        return image

    def _stored(self, name: str) -> Image | None:
        for media_type, suffix in TYPES.items():
            path = self._path(name, suffix)
            with suppress(OSError):
                content = path.read_bytes()
                if time.time() - path.stat().st_mtime > _TOUCH_SECONDS:
                    os.utime(path)
                return Image(content, media_type)
        return None

    def _fetched(self, origin: str, address: str) -> Image:
        breaker = self._breakers[origin]
        if breaker.is_open:
            raise ProviderUnreachable("The server of this image does not respond.")
        url = f"{origin.partition('://')[0]}://{quote(address, safe='/:@!$&()*+,;=~._-')}"
        try:
            image = _download(url)
        except requests.RequestException as error:
            breaker.fail()
            raise ProviderUnreachable("The server of this image does not respond.") from error
        breaker.succeed()
        return image

    def _store(self, name: str, image: Image) -> None:
        """Keep an image; a full disk costs the cache's benefit and nothing else."""
        path = self._path(name, TYPES[image.media_type])
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with whole_file(path, mode=0o600) as file:
                file.write(image.content)
        except OSError as error:
            logger.warning("An image cannot be kept: %s", error.strerror)
            return
        with self._lock:
            self._size = (self._measured() if self._size is None else self._size) + len(image.content)
            if self._size > self._max_bytes:
                self._size = self._make_room()

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / name[:2] / f"{name}{suffix}"

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each image was asked for, as far as that is noted, its size, and its file."""
        found = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):  # another process removes some
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _measured(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _make_room(self) -> int:
        """Remove those that were asked for longest ago; returns the bytes that are left."""
        files = sorted(self._files())
        size = sum(each for _, each, _ in files)
        for _, each, path in files:
            if size <= self._max_bytes * _KEPT_WHEN_FULL:
                break
            path.unlink(missing_ok=True)
            size -= each
        return size


def _download(url: str) -> Image:
    """Fetch an image in a bounded time. Raises ImageNotFound, ProviderFailed and requests' exceptions."""
    ends_at = time.monotonic() + TOTAL_SECONDS
    headers = {"Accept": ", ".join(TYPES), "User-Agent": f"movietracker/{__version__}"}
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    with requests.get(url, headers=headers, timeout=timeout, stream=True, allow_redirects=False) as response:
        if response.status_code in (403, 404, 410):
            raise ImageNotFound
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if response.status_code != 200 or media_type not in TYPES:
            raise ProviderFailed("The server of this image responds with something else.")
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > MAX_BYTES or time.monotonic() > ends_at:
                raise ProviderFailed("This image is too large, or comes too slowly.")
        return Image(bytes(content), media_type)
