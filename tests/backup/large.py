"""Exporting and importing a large library in a process of its own, which says how much memory that took.

``python -m backup.large FOLDER import|export FILE`` (from tests/), on the database in the folder.
"""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from movietracker import create_app
from movietracker.backup.document.export import export_document
from movietracker.backup.document.importing import import_document
from movietracker.services.change_clock import LibraryWrite
from movietracker.services.movies import storing
from movietracker.services.movies.storing import NewTitle
from movietracker.services.transactions import library_read

PEOPLE = 200
LISTS = 10


def write_document(path: Path, movies: int, *, details: bool = False) -> None:
    """A document of so many titles, two votes each, a third watched; of version 1 with 2 KiB of ``details`` each."""
    chance = random.Random(movies)
    with path.open("w") as file:
        file.write(f'{{"version":{1 if details else 2},"exported_at":1700000000.5,"movies":[')
        for number in range(movies):
            file.write(",\n" * (number > 0) + json.dumps(_movie(number, chance, details)))
        file.write('],"people":[')
        file.write(",\n".join(json.dumps({"name": f"Person {number}"}) for number in range(PEOPLE)))
        file.write('],"lists":[')
        lists = ({"id": _list_id(number), "name": f"List {number}"} for number in range(LISTS))
        file.write(",\n".join(map(json.dumps, lists)) + "]}")


def _movie(number: int, chance: random.Random, details: bool) -> dict[str, object]:
    status = chance.choice(["toWatch", "watched", "custom"])
    voters = chance.sample(range(PEOPLE), 2)
    told: dict[str, object] = {
        "imdb_id": f"tt{number + 1:07}",
        "media_type": "movie",
        "status": status,
        "custom_list_id": _list_id(number % LISTS) if status == "custom" else None,
        "last_modified": 1_600_000_000 + number / 8,
        "recommendations": [
            {"person_name": f"Person {voter}", "date_recommended": 1_600_000_000.25, "vote_type": True}
            for voter in voters
        ],
        "watch_history": {"date_watched": 1_600_000_000.0, "my_rating": 7.5} if status == "watched" else None,
    }
    if details:
        told["tmdb_data"] = {"title": f"Movie {number}", "plot": "word " * 400, "cast": ["Somebody"] * 10}
    return told


def _list_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _tell_of_batches() -> None:
    """Print a line whenever a batch of titles has been written, before its transaction is committed."""
    add_titles = storing.add_titles

    def told(tx: LibraryWrite, titles: Sequence[NewTitle]) -> list[str]:
        stubs = add_titles(tx, titles)
        print("batch", flush=True)
        return stubs

    storing.add_titles = told


def _chunks(user_id: str) -> Iterator[bytes]:
    with library_read(user_id) as read:
        yield from export_document(read)


def main(folder: str, user_id: str, what: str, path: str) -> None:
    """Do it, and print the figures: bytes of memory before and at most, and seconds of wall clock and processor."""
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": folder, "SECRET_KEY": "x" * 40, "ADMIN_TOKEN": "x" * 40})
    with app.app_context():
        before = _most_memory()
        _tell_of_batches()
        began, worked = time.perf_counter(), time.process_time()
        if what == "export":
            with Path(path).open("wb") as file:
                file.writelines(_chunks(user_id))
            count = 0
        else:
            with Path(path).open("rb") as file:
                count = import_document(user_id, file).imported["movies"]
        seconds = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - worked}
        print(json.dumps({"before": before, "most": _most_memory(), "movies": count, **seconds}), flush=True)


def _most_memory() -> int:
    """The most memory that this process had; getrusage would count what its parent had, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
