"""Backups over fsspec: real servers of each kind on loopback, under the contract and with their own faults."""

import importlib.util
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from movietracker_plugins.remote_backup import register_settings
from movietracker_plugins.remote_backup.destination import RemoteDestination
from support.destinations import planting_in
from support.stores import PASSWORD, USER, SftpServer, webdav_server

from movietracker.errors import SettingsError
from movietracker.pluginapi import (
    BackupNotFound,
    DestinationFailed,
    DestinationNotConfigured,
    DestinationProblem,
    Setting,
)
from movietracker.testing.destinations import ANNA, DAY, NEXT_DAY, BackupDestinationContract, Plant, names, read, write

KEYS = {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


@pytest.fixture(autouse=True)
def _without_the_machine_s_own_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    return disk


class TestFolderOnAMountedDisk(BackupDestinationContract):
    @pytest.fixture
    def destination(self, disk: Path) -> RemoteDestination:
        return RemoteDestination(f"file://{disk}", {})

    @pytest.fixture
    def plant(self, disk: Path) -> Plant:
        return planting_in(disk)

    def test_an_unmounted_disk_is_not_taken_for_an_empty_one(self, destination: RemoteDestination, disk: Path) -> None:
        disk.rmdir()
        for call in (
            lambda: write(destination, ANNA, DAY, b"content"),
            lambda: destination.list_files(ANNA),
            destination.check,
        ):
            with pytest.raises(DestinationFailed, match="is its disk mounted"):
                call()
        assert not disk.exists()

    def test_a_link_is_neither_listed_nor_read(
        self, destination: RemoteDestination, disk: Path, tmp_path: Path
    ) -> None:
        write(destination, ANNA, DAY, b"content")
        (tmp_path / "secret").write_bytes(b"a secret")
        (disk / ANNA / NEXT_DAY).symlink_to(tmp_path / "secret")
        assert names(destination.list_files(ANNA)) == [DAY]
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, NEXT_DAY)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A stand-in of S3, over real HTTP."""
    from moto.server import ThreadedMotoServer  # seconds, and megabytes: only for these tests

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def bucket(endpoint: str) -> Iterator[Any]:
    """A bucket."""
    import boto3

    login = {"aws_access_key_id": KEYS["key"], "aws_secret_access_key": KEYS["secret"], "region_name": "us-east-1"}
    resource = boto3.resource("s3", endpoint_url=endpoint, **login)
    yield resource.create_bucket(Bucket="household")
    resource.meta.client.close()


@pytest.fixture(scope="module")
def s3_destination(endpoint: str, bucket: Any) -> Iterator[RemoteDestination]:
    """The bucket as a destination; shared, since each new one takes a second to read Amazon's models."""
    with closing(RemoteDestination(f"s3://{bucket.name}/home", {**KEYS, "endpoint_url": endpoint})) as destination:
        yield destination


class TestS3(BackupDestinationContract):
    @pytest.fixture
    def destination(self, s3_destination: RemoteDestination, bucket: Any) -> RemoteDestination:
        bucket.objects.all().delete()
        return s3_destination

    @pytest.fixture
    def plant(self, bucket: Any) -> Plant:
        return lambda user_id, name, content: bucket.put_object(Key=f"home/{user_id}/{name}", Body=content)

    def test_files_are_where_the_documentation_says(self, destination: RemoteDestination, bucket: Any) -> None:
        write(destination, ANNA, DAY, b"content")
        assert [each.key for each in bucket.objects.all()] == [f"home/{ANNA}/{DAY}"]

    def test_a_file_that_another_machine_wrote_is_listed(self, destination: RemoteDestination, bucket: Any) -> None:
        write(destination, ANNA, DAY, b"content")
        assert names(destination.list_files(ANNA)) == [DAY]
        bucket.put_object(Key=f"home/{ANNA}/{NEXT_DAY}", Body=b"content")
        assert names(destination.list_files(ANNA)) == [DAY, NEXT_DAY]

    def test_a_bucket_that_is_not_there_is_a_plain_error(self, endpoint: str) -> None:
        destination = RemoteDestination("s3://no-such-bucket/home", {**KEYS, "endpoint_url": endpoint})
        with closing(destination), pytest.raises(DestinationFailed, match="there is no such folder or bucket"):
            write(destination, ANNA, DAY, b"content")


class TestSftp(BackupDestinationContract):
    @pytest.fixture
    def server(self, disk: Path, tmp_path: Path) -> Iterator[SftpServer]:
        server = SftpServer(disk, tmp_path / "known_hosts")
        yield server
        server.close()

    @pytest.fixture
    def options(self, server: SftpServer) -> dict[str, Any]:
        return {"username": USER, "password": PASSWORD, "known_hosts": str(server.known_hosts)}

    @pytest.fixture
    def destination(self, server: SftpServer, options: dict[str, Any]) -> Iterator[RemoteDestination]:
        with closing(RemoteDestination(f"sftp://127.0.0.1:{server.port}/backups", options)) as destination:
            yield destination

    @pytest.fixture
    def plant(self, disk: Path) -> Plant:
        return planting_in(disk / "backups")

    def test_a_link_is_neither_listed_nor_read(self, destination: RemoteDestination, disk: Path) -> None:
        write(destination, ANNA, DAY, b"content")
        (disk / "secret").write_bytes(b"a secret")
        (disk / "backups" / ANNA / NEXT_DAY).symlink_to("../../secret")
        assert names(destination.list_files(ANNA)) == [DAY]
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, NEXT_DAY)

    def test_a_cut_connection_is_opened_again(self, destination: RemoteDestination, server: SftpServer) -> None:
        write(destination, ANNA, DAY, b"content")
        server.drop_connections()
        write(destination, ANNA, NEXT_DAY, b"more")
        server.drop_connections()
        assert names(destination.list_files(ANNA)) == [DAY, NEXT_DAY]
        server.drop_connections()
        assert read(destination, ANNA, NEXT_DAY) == b"more"

    @pytest.mark.parametrize(
        ("changed", "said"),
        [({"known_hosts": None}, "host key is unknown"), ({"password": "not the password"}, "does not allow this")],
    )
    def test_an_unknown_host_key_or_a_wrong_password_is_a_plain_error(
        self, server: SftpServer, options: dict[str, Any], changed: dict[str, Any], said: str
    ) -> None:
        address = f"sftp://127.0.0.1:{server.port}/backups"
        options = {name: value for name, value in (options | changed).items() if value is not None}
        with closing(RemoteDestination(address, options)) as destination:
            with pytest.raises(DestinationFailed, match=said) as error:
                destination.check()
            assert "not the password" not in str(error.value)

    def test_what_a_killed_process_left_behind_is_removed_a_day_later(
        self, destination: RemoteDestination, disk: Path, plant: Plant
    ) -> None:
        part = f".{DAY}.0a1b2c3d.part"
        plant(ANNA, part, b"half")
        destination.list_files(ANNA)
        path = disk / "backups" / ANNA / part
        assert path.exists(), "another process may still be writing it"
        os.utime(path, (time.time() - 90_000,) * 2)
        destination.list_files(ANNA)
        assert not path.exists()


class TestWebDav(BackupDestinationContract):
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Path:
        disk = tmp_path / "disk"
        (disk / "files").mkdir(parents=True)
        return disk

    @pytest.fixture
    def port(self, disk: Path) -> Iterator[int]:
        with webdav_server(disk) as port:
            yield port

    @pytest.fixture
    def destination(self, port: int) -> Iterator[RemoteDestination]:
        login = f"{USER}:{quote(PASSWORD, safe='')}"
        with closing(RemoteDestination(f"webdav+http://{login}@127.0.0.1:{port}/files", {})) as destination:
            yield destination

    @pytest.fixture
    def plant(self, disk: Path) -> Plant:
        return planting_in(disk / "files")

    def test_files_are_where_the_documentation_says(self, destination: RemoteDestination, disk: Path) -> None:
        write(destination, ANNA, DAY, b"content")
        assert [path.name for path in (disk / "files" / ANNA).iterdir()] == [DAY]

    def test_address_and_password_may_be_options(self, port: int, disk: Path) -> None:
        options = {"base_url": f"http://127.0.0.1:{port}/files", "auth": [USER, PASSWORD]}
        with closing(RemoteDestination("webdav:///inner", options)) as destination:
            write(destination, ANNA, DAY, b"content")
            assert (disk / "files" / "inner" / ANNA / DAY).read_bytes() == b"content"

    def test_a_wrong_password_is_a_plain_error(self, port: int) -> None:
        destination = RemoteDestination(f"webdav+http://{USER}:wrong@127.0.0.1:{port}/files", {})
        refusal = r"remote failed \(HTTPError\)|does not allow this"
        with closing(destination), pytest.raises(DestinationFailed, match=refusal):
            destination.check()


class TestPackages:
    @pytest.mark.parametrize(
        ("address", "package", "extra"),
        [
            ("s3://bucket", "s3fs", "s3"),
            ("sftp://host/folder", "sshfs", "sftp"),
            ("webdav+https://host/folder", "webdav4", "webdav"),
            ("file:///mnt/disk", "fsspec", "remote"),
        ],
    )
    def test_a_missing_package_is_one_plain_sentence(
        self, monkeypatch: pytest.MonkeyPatch, address: str, package: str, extra: str
    ) -> None:
        found = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else found(name))
        scheme = address.partition("://")[0]
        with pytest.raises(DestinationNotConfigured) as error:
            RemoteDestination(address, {}).check()
        assert str(error.value) == (
            f"Backups to {scheme}:// need one more package: pip install 'movietracker[{extra}]'."
        )

    def test_an_address_that_nothing_serves_is_one_plain_sentence(self) -> None:
        with pytest.raises(DestinationNotConfigured, match="No package serves addresses that begin with nonsense://"):
            RemoteDestination("nonsense://host", {}).check()

    def test_without_an_address_it_is_not_configured(self) -> None:
        assert not RemoteDestination("", {}).is_configured()

    def test_nothing_is_imported_before_it_is_needed(self) -> None:
        program = (
            "import sys, movietracker_plugins.remote_backup as plugin;"
            "plugin.RemoteDestination('s3://bucket', {});"
            "print([name for name in ('fsspec', 's3fs', 'sshfs', 'webdav4') if name in sys.modules])"
        )
        shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        assert shown.strip() == "[]"


@pytest.mark.parametrize("given", ["[]", "3", "{'key': 1}", "", "{"])
def test_options_that_are_no_json_object_stop_the_start_without_showing_them(given: str) -> None:
    settings: list[Setting] = []
    register_settings(settings.append)
    (setting,) = (each for each in settings if each.name == "BACKUP_REMOTE_OPTIONS")
    with pytest.raises(SettingsError) as error:
        setting.read(given, "the environment")
    assert str(error.value) == (
        'BACKUP_REMOTE_OPTIONS must be a JSON object such as {"key": "value"}, not the value given '
        "(from the environment)."
    )


@pytest.mark.parametrize(
    ("address", "options", "said"),
    [
        ("s3://bucket", {**KEYS, "endpoint_url": "http://127.0.0.1:9"}, "cannot be reached"),
        ("s3://bucket", {**KEYS, "endpoint": "http://127.0.0.1:9"}, "do not fit each other or this kind of store"),
        ("sftp://keeper:{}@127.0.0.1:9/folder", {}, "cannot be reached"),
        ("sftp://keeper:{}@127.0.0.1:99999/folder", {}, "make no sense"),
        ("webdav+http://keeper:{}@127.0.0.1:9/folder", {}, "cannot be reached"),
        ("webdav://folder", {"base_url": "http://keeper:{}@127.0.0.1:9"}, "cannot be reached"),
        ("webdav://keeper:{}@127.0.0.1:9/folder", {}, "do not fit each other or this kind of store"),
        ("keeper:{}@127.0.0.1/folder", {}, "is its disk mounted"),
        ("ftp://keeper:{}@127.0.0.1:9/folder", {}, "cannot be reached"),
    ],
)
def test_what_is_wrong_with_a_store_is_said_without_its_address_and_secrets(
    address: str, options: dict[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = KEYS["secret"].replace("/", "")
    options = {name: value.replace("{}", secret) for name, value in options.items()}
    with pytest.raises(DestinationProblem, match=said) as error:
        RemoteDestination(address.replace("{}", secret), options).check()
    told = error.value.detail + caplog.text
    assert not [each for each in (secret, *KEYS.values(), "127.0.0.1") if each in told]
