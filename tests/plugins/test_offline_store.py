"""Who may replace the index, and what readers see of it: several threads and processes, crashes, damaged files."""

import fcntl
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from movietracker_plugins.offline import schema, store
from movietracker_plugins.offline.provider import OfflineProvider
from movietracker_plugins.offline.store import SAMPLE_FOLDER, CatalogueError, CatalogueStore
from movietracker_plugins.offline.tsv import DatasetError
from support.datasets import film, write_dataset
from support.waiting import wait_until

from movietracker.pluginapi import ProviderFailed

SEARCH = """
import sys
from pathlib import Path
from movietracker_plugins.offline.provider import OfflineProvider
provider = OfflineProvider(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print([hit.title for hit in provider.search("the matrix", 1999)])
"""
LOAD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it
from pathlib import Path
from movietracker_plugins.offline.store import CatalogueStore
CatalogueStore(Path(sys.argv[1])).load(Path(sys.argv[2]))
"""


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A folder with a catalogue of one film."""
    folder = tmp_path / "datasets"
    write_dataset(folder, "title.basics", film(7, "The Only Film"))
    return folder


def titles(instance: Path, query: str) -> list[str]:
    return [hit.title for hit in OfflineProvider(instance).search(query)]


def files(instance: Path) -> set[str]:
    """What lies in the instance folder, lock files apart."""
    return {path.name for path in instance.iterdir() if not path.name.endswith(".lock")}


# The sample


def test_the_sample_is_indexed_when_it_is_first_needed(instance: Path) -> None:
    CatalogueStore(instance)
    assert not instance.exists()
    assert titles(instance, "the matrix")[0] == "The Matrix"
    assert files(instance) == {"catalogue.sqlite"}


def test_the_index_is_built_once(instance: Path) -> None:
    titles(instance, "the matrix")
    built = (instance / "catalogue.sqlite").stat()
    titles(instance, "the matrix")
    assert (instance / "catalogue.sqlite").stat().st_ino == built.st_ino


def test_threads_that_start_at_once_all_find_it(instance: Path) -> None:
    provider, start = OfflineProvider(instance), Barrier(8)

    def search() -> list[str]:
        start.wait()
        return [hit.title for hit in provider.search("the matrix", 1999)]

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(search) for _ in range(8)]]
    assert found == [["The Matrix"]] * 8
    assert files(instance) == {"catalogue.sqlite"}


def test_processes_that_start_at_once_all_find_it(instance: Path) -> None:
    command = [sys.executable, "-c", SEARCH, str(instance)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n", timeout=60)[0] for process in processes]
    assert answers == ["['The Matrix']\n"] * 4
    assert files(instance) == {"catalogue.sqlite"}


def test_a_changed_sample_is_indexed_again(instance: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    shutil.copytree(SAMPLE_FOLDER, sample)
    with CatalogueStore(instance, sample).reading() as connection:
        assert connection.execute("SELECT count(*) FROM titles WHERE id = 7").fetchone() == (0,)
    other = tmp_path / "newer sample"
    write_dataset(other, "title.basics", film(7, "The Only Film"))
    with CatalogueStore(instance, other).reading() as connection:
        assert connection.execute("SELECT id FROM titles").fetchall() == [(7,)]


def test_two_releases_at_work_do_not_take_turns_in_replacing_the_sample(instance: Path, tmp_path: Path) -> None:
    newer_sample = tmp_path / "newer sample"
    write_dataset(newer_sample, "title.basics", film(7, "The Only Film"))
    older, newer = CatalogueStore(instance), CatalogueStore(instance, newer_sample)
    for each in (older, newer, older):
        each.facts()
    assert older.facts()["movies"] == newer.facts()["movies"] == 1


def test_the_sample_of_another_schema_is_indexed_again(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    titles(instance, "the matrix")
    newer(monkeypatch)
    assert CatalogueStore(instance).facts()["schema_version"] == schema.SCHEMA_VERSION


def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update of movietracker that changed the tables."""
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    monkeypatch.setattr(store, "SCHEMA_VERSION", schema.SCHEMA_VERSION)


# Loading


def test_a_loaded_catalogue_replaces_the_sample_for_good(instance: Path, catalogue: Path, tmp_path: Path) -> None:
    titles(instance, "the matrix")
    CatalogueStore(instance).load(catalogue)
    assert titles(instance, "the matrix") == []
    changed_sample = CatalogueStore(instance, tmp_path / "datasets")
    assert changed_sample.facts()["source"] == "loaded"
    assert files(instance) == {"catalogue.sqlite"}


def test_reset_goes_back_to_the_sample(instance: Path, catalogue: Path) -> None:
    CatalogueStore(instance).load(catalogue)
    CatalogueStore(instance).reset()
    assert titles(instance, "the matrix")[0] == "The Matrix"


def test_a_provider_in_use_sees_a_new_catalogue_at_once(instance: Path, catalogue: Path) -> None:
    provider = OfflineProvider(instance)
    assert provider.search("the only film") == []
    subprocess.run([sys.executable, "-c", LOAD, str(instance), str(catalogue)], check=True, timeout=60)
    assert [hit.id for hit in provider.search("the only film")] == [7]


def test_a_reader_continues_while_the_index_is_replaced(instance: Path, catalogue: Path) -> None:
    with CatalogueStore(instance).reading() as connection:
        rows = connection.execute("SELECT title FROM titles ORDER BY rank")
        first = rows.fetchone()
        CatalogueStore(instance).load(catalogue)
        assert first == ("The Shawshank Redemption",)
        assert len(rows.fetchall()) > 100


def test_searches_never_fail_while_catalogs_are_replaced(instance: Path, catalogue: Path) -> None:
    provider, owner = OfflineProvider(instance), CatalogueStore(instance)
    provider.search("warm up")

    def replace() -> None:
        for change in [lambda: owner.load(catalogue), owner.reset] * 5:
            change()

    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace)
        answers = set()
        while not replacing.done():
            answers.add(tuple(hit.id for hit in provider.search("the only film") + provider.search("the matrix", 1999)))
        replacing.result()
    assert answers <= {(7,), (133093,), (7, 133093), ()}
    assert {(7,), (133093,)} & answers


def test_a_broken_catalogue_leaves_the_old_one_in_use(instance: Path, catalogue: Path) -> None:
    CatalogueStore(instance).load(catalogue)
    write_dataset(catalogue, "title.basics", film(8, "Another"), film(9, "Broken", runtime="x"))
    with pytest.raises(DatasetError):
        CatalogueStore(instance).load(catalogue)
    assert titles(instance, "the only film") == ["The Only Film"]
    assert files(instance) == {"catalogue.sqlite"}


def test_only_one_catalogue_is_loaded_at_a_time(instance: Path, catalogue: Path) -> None:
    instance.mkdir()
    with (instance / ".catalogue.load.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(CatalogueError, match="Another catalog is being loaded"):
            CatalogueStore(instance).load(catalogue)
    CatalogueStore(instance).load(catalogue)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_load_that_is_killed_leaves_the_old_catalogue_in_use(
    instance: Path, catalogue: Path, tmp_path: Path, how: signal.Signals
) -> None:
    CatalogueStore(instance).load(catalogue)
    large = tmp_path / "large"
    write_dataset(large, "title.basics", *(film(number, f"Film number {number}") for number in range(1, 200_000)))
    process = subprocess.Popen([sys.executable, "-c", LOAD, str(instance), str(large)], stderr=subprocess.DEVNULL)
    wait_until(lambda: (instance / "catalogue.stage.tmp").exists())
    process.send_signal(how)
    assert process.wait(timeout=60) != 0
    if how == signal.SIGINT:
        assert files(instance) == {"catalogue.sqlite"}
    assert titles(instance, "the only film") == ["The Only Film"]
    CatalogueStore(instance).load(catalogue)
    assert files(instance) == {"catalogue.sqlite"}


# What cannot be used


def test_a_loaded_catalog_of_another_schema_is_kept_and_must_be_loaded_again(
    instance: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CatalogueStore(instance).load(catalogue)
    before = (instance / "catalogue.sqlite").read_bytes()
    newer(monkeypatch)
    with pytest.raises(ProviderFailed, match="movietracker catalogue load"):
        titles(instance, "the only film")
    assert (instance / "catalogue.sqlite").read_bytes() == before
    CatalogueStore(instance).load(catalogue)
    assert titles(instance, "the only film") == ["The Only Film"]


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_reported_and_can_be_reset(instance: Path, content: bytes) -> None:
    instance.mkdir()
    (instance / "catalogue.sqlite").write_bytes(content)
    with pytest.raises(ProviderFailed, match=r"damaged; .*`movietracker catalogue reset`"):
        titles(instance, "the matrix")
    assert (instance / "catalogue.sqlite").read_bytes() == content
    CatalogueStore(instance).reset()
    assert titles(instance, "the matrix")[0] == "The Matrix"


def test_another_database_in_its_place_is_damage_too(instance: Path) -> None:
    instance.mkdir()
    with sqlite3.connect(instance / "catalogue.sqlite") as connection:
        connection.execute("CREATE TABLE other(x)")
    connection.close()
    with pytest.raises(ProviderFailed, match="damaged"):
        titles(instance, "the matrix")


def test_a_folder_that_cannot_be_made_is_a_provider_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ProviderFailed) as caught:
        titles(tmp_path / "file" / "instance", "the matrix")
    assert str(tmp_path) not in caught.value.detail
    with pytest.raises(ProviderFailed, match="Not a directory"):
        OfflineProvider(tmp_path / "file" / "instance").check()


def test_an_instance_folder_may_have_an_awkward_name(tmp_path: Path) -> None:
    assert titles(tmp_path / "50% of ? # é", "the matrix")[0] == "The Matrix"
