"""How titles are marked, by the model: liked or not, and with tags, which the library spells as it first did."""

from typing import Any

from movietracker.text import fold

from .model import Library
from .records import Doing

Data = dict[str, Any]


def update_liked(library: Library, doing: Doing, data: Data) -> None:
    """Conflicts with another value that the user did not know of."""
    title = library.title(doing, data["imdb_id"])
    library.refuse_changed(doing, title, {"liked": title.liked != data["liked"]})
    if title.liked != data["liked"]:
        title.liked = data["liked"]
        library.note(doing, title, "liked")


def add_tag(library: Library, doing: Doing, data: Data) -> None:
    """Never a conflict."""
    title, folded = library.title(doing, data["imdb_id"]), fold(data["tag"])
    if folded not in title.tags:
        spelled = (each.tags[folded] for each in library.titles.values() if folded in each.tags)
        title.tags[folded] = next(spelled, data["tag"])
        library.note(doing, title, f"tag {folded}")


def remove_tag(library: Library, doing: Doing, data: Data) -> None:
    """Conflicts with one that was added again."""
    title, folded = library.title(doing, data["imdb_id"]), fold(data["tag"])
    if folded in title.tags:
        library.refuse_changed(doing, title, {f"tag {folded}": True})
        del title.tags[folded]
        library.note(doing, title, f"tag {folded}")
