"""Files in the format of IMDb's public datasets, as the tests of the offline catalogue need them."""

import gzip
from collections.abc import Iterable
from pathlib import Path

COLUMNS = {
    "title.basics": "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres",
    "title.ratings": "tconst averageRating numVotes",
    "title.crew": "tconst directors writers",
    "title.principals": "tconst ordering nconst category job characters",
    "title.plots": "tconst plot",
    "title.episode": "tconst parentTconst seasonNumber episodeNumber",
    "name.basics": "nconst primaryName birthYear deathYear primaryProfession knownForTitles",
}


def dataset_text(name: str, rows: Iterable[Iterable[object]]) -> str:
    r"""The text of one dataset file; None in a row is ``\N``."""
    lines = [COLUMNS[name].split(), *(["\\N" if value is None else str(value) for value in row] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines)


def write_dataset(folder: Path, name: str, *rows: Iterable[object], compress: bool = False) -> Path:
    """Write ``title.basics`` or another dataset into the folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tsv{'.gz' if compress else ''}"
    data = dataset_text(name, rows).encode()
    path.write_bytes(gzip.compress(data) if compress else data)
    return path


def film(number: int, title: str, year: int | None = 2000, **other: object) -> tuple[object, ...]:
    """A row of title.basics; ``type``, ``original``, ``adult``, ``end``, ``runtime`` and ``genres`` may be given."""
    return (
        f"tt{number:07d}",
        other.get("type", "movie"),
        title,
        other.get("original", title),
        other.get("adult", 0),
        year,
        other.get("end"),
        other.get("runtime"),
        other.get("genres"),
    )


def votes(number: int, count: int, rating: float = 7.0) -> tuple[object, ...]:
    """A row of title.ratings."""
    return f"tt{number:07d}", rating, count
