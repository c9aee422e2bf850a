"""Backups over fsspec: real servers of each kind on loopback, under the contract and with their own faults."""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from contract.backup_destination import ANNA, DAY, NEXT_DAY, BackupDestinationContract, Plant, names, read, write
from movietracker_plugins.remote_backup import SETTINGS
from movietracker_plugins.remote_backup.destination import RemoteDestination
from support.stores import PASSWORD, USER, SftpServer, webdav_server

from movietracker.errors import SettingsError
from movietracker.pluginapi import (
    BackupNotFound,
    DestinationFailed,
    DestinationNotConfigured,
    DestinationProblem,
    DestinationUnreachable,
)

KEYS = {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


@pytest.fixture(autouse=True)
def _without_the_machine_s_own_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def planting_in(folder: Path) -> Plant:
    def plant(user_id: str, name: str, content: bytes) -> None:
        (folder / user_id).mkdir(parents=True, exist_ok=True)
        (folder / user_id / name).write_bytes(content)

    return plant


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

    def test_a_disk_that_is_not_mounted_is_not_taken_for_an_empty_one(
        self, destination: RemoteDestination, disk: Path
    ) -> None:
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
    yield from closing(RemoteDestination(f"s3://{bucket.name}/home", {**KEYS, "endpoint_url": endpoint}))


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

    def test_a_file_that_another_machine_wrote_meanwhile_is_listed(
        self, destination: RemoteDestination, bucket: Any
    ) -> None:
        write(destination, ANNA, DAY, b"content")
        assert names(destination.list_files(ANNA)) == [DAY]
        bucket.put_object(Key=f"home/{ANNA}/{NEXT_DAY}", Body=b"content")
        assert names(destination.list_files(ANNA)) == [DAY, NEXT_DAY]

    def test_a_bucket_that_is_not_there_is_a_plain_error(self, endpoint: str) -> None:
        destination = RemoteDestination("s3://no-such-bucket/home", {**KEYS, "endpoint_url": endpoint})
        for _ in closing(destination):
            with pytest.raises(DestinationFailed, match="there is no such folder or bucket"):
                write(destination, ANNA, DAY, b"content")

    def test_a_server_that_is_away_is_a_plain_error_in_good_time(self) -> None:
        options = {**KEYS, "endpoint_url": "http://127.0.0.1:9", "config_kwargs": {"retries": {"max_attempts": 0}}}
        for destination in closing(RemoteDestination("s3://bucket/home", options)):
            with pytest.raises(DestinationUnreachable, match="cannot be reached"):
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
        yield from closing(RemoteDestination(f"sftp://127.0.0.1:{server.port}/backups", options))

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

    def test_a_connection_that_was_cut_meanwhile_is_made_anew(
        self, destination: RemoteDestination, server: SftpServer
    ) -> None:
        write(destination, ANNA, DAY, b"content")
        server.drop_connections()
        write(destination, ANNA, NEXT_DAY, b"more")
        server.drop_connections()
        assert names(destination.list_files(ANNA)) == [DAY, NEXT_DAY]
        server.drop_connections()
        assert read(destination, ANNA, NEXT_DAY) == b"more"

    def test_a_host_whose_key_is_unknown_gets_no_password(self, server: SftpServer, options: dict[str, Any]) -> None:
        del options["known_hosts"]
        for destination in closing(RemoteDestination(f"sftp://127.0.0.1:{server.port}/backups", options)):
            with pytest.raises(DestinationFailed, match="host key is unknown"):
                destination.check()

    def test_a_wrong_password_is_a_plain_error_without_the_password(
        self, server: SftpServer, options: dict[str, Any]
    ) -> None:
        options["password"] = "not the password"
        for destination in closing(RemoteDestination(f"sftp://127.0.0.1:{server.port}/backups", options)):
            with pytest.raises(DestinationFailed, match="does not allow this") as error:
                destination.check()
            assert "not the password" not in str(error.value)

    def test_a_server_that_is_away_is_a_plain_error(self, options: dict[str, Any]) -> None:
        for destination in closing(RemoteDestination("sftp://127.0.0.1:9/backups", options)):
            with pytest.raises(DestinationUnreachable, match="cannot be reached"):
                write(destination, ANNA, DAY, b"content")

    def test_what_a_killed_process_left_behind_is_removed_a_day_later(
        self, destination: RemoteDestination, disk: Path, plant: Plant
    ) -> None:
        part = f".{DAY}.0a1b2c3d.part"
        plant(ANNA, part, b"half")
        destination.list_files(ANNA)
        path = disk / "backups" / ANNA / part
        assert path.exists(), "somebody may still be writing it"
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
        yield from closing(RemoteDestination(f"webdav+http://{login}@127.0.0.1:{port}/files", {}))

    @pytest.fixture
    def plant(self, disk: Path) -> Plant:
        return planting_in(disk / "files")

    def test_files_are_where_the_documentation_says(self, destination: RemoteDestination, disk: Path) -> None:
        write(destination, ANNA, DAY, b"content")
        assert [path.name for path in (disk / "files" / ANNA).iterdir()] == [DAY]

    def test_address_and_password_may_be_options(self, port: int, disk: Path) -> None:
        options = {"base_url": f"http://127.0.0.1:{port}/files", "auth": [USER, PASSWORD]}
        for destination in closing(RemoteDestination("webdav:///inner", options)):
            write(destination, ANNA, DAY, b"content")
            assert (disk / "files" / "inner" / ANNA / DAY).read_bytes() == b"content"

    def test_a_wrong_password_is_a_plain_error(self, port: int) -> None:
        for destination in closing(RemoteDestination(f"webdav+http://{USER}:wrong@127.0.0.1:{port}/files", {})):
            with pytest.raises(DestinationFailed, match=r"remote failed \(HTTPError\)|does not allow this"):
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
    (setting,) = (each for each in SETTINGS if each.name == "BACKUP_REMOTE_OPTIONS")
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


def closing(destination: RemoteDestination) -> Iterator[RemoteDestination]:
    """A destination whose connections are closed at the end, and not at some later time."""
    yield destination
    destination.close()
