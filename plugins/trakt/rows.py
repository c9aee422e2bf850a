"""What was watched, rated and commented."""

from collections.abc import Callable, Iterator

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    JsonRow,
    Member,
    known_day,
    numeric_id,
    rating_on_ten,
    read_objects,
    when_watched,
)

from .titles import entity_of, title_id, title_row

MAX_PLAYS = 1_000

Rows = Iterator[ImportRow | BrokenRow]


def each_object(member: Member, made: Callable[[JsonRow], ImportRow]) -> Rows:
    """A row for each element."""
    for row in read_objects(member):
        yield row if isinstance(row, BrokenRow) else made(row)


def history(member: Member) -> Rows:
    """Viewings, each with its own id; the moment can be missing."""
    return each_object(member, _viewing)


def plays(member: Member) -> Rows:
    """How often a film was watched, and when last: that many viewings, of which only the last has a moment."""
    for row in read_objects(member):
        if isinstance(row, BrokenRow):
            yield row
        elif row.get("movie"):
            yield from _plays_of(row)
        else:
            for season in row.rows("seasons"):
                for episode in season.rows("episodes"):
                    number = f"{row.text('show', 'ids', 'trakt')}/{season.text('number')}/{episode.text('number')}"
                    entity = {"number": episode.get("number"), "season": season.get("number")}
                    each = JsonRow(row.where, "", {"type": "episode", "show": row.get("show"), "episode": entity})
                    yield title_row(each, "plays", number, is_viewing=True)


def ratings(member: Member) -> Rows:
    """Present ratings; who rated a title has seen it."""
    return each_object(member, _rating)


def comments(member: Member) -> Rows:
    """Comments on titles; answers to others' comments are left out."""
    for row in read_objects(member):
        if isinstance(row, BrokenRow):
            yield row
        elif not numeric_id(row.text("comment", "parent_id")) and row.text("type") != "list":
            yield _comment(row)


def _viewing(row: JsonRow) -> ImportRow:
    moment = row.text("watched_at")
    own = row.text("id") or f"{title_id(row, entity_of(row))}/{moment}"
    return title_row(row, "history", own, is_viewing=True, viewing_id=own, status="watched", **when_watched(moment))


def _plays_of(row: JsonRow) -> Rows:
    """The viewings by their numbers, so that those of an earlier export keep theirs when one is added."""
    count = min(numeric_id(row.get("plays")) or 1, MAX_PLAYS)
    film = title_id(row, "movie")
    last = when_watched(row.text("last_watched_at"))
    for number in range(count, 0, -1):
        own = f"{film}/{number}"
        moment = last if number == count else {}
        yield title_row(row, "plays", own, is_viewing=True, viewing_id=f"plays:{own}", status="watched", **moment)


def _rating(row: JsonRow) -> ImportRow:
    rating = rating_on_ten(row.text("rating"), 10)
    return title_row(row, "rating", "", rating=rating, status="watched", added_on=known_day(row.text("rated_at")))


def _comment(row: JsonRow) -> ImportRow:
    seen = numeric_id(row.text("comment", "user_stats", "play_count"))
    return title_row(
        row,
        "comment",
        row.text("comment", "id"),
        review=row.text("comment", "comment") or None,
        status="watched" if seen else None,
        added_on=known_day(row.text("comment", "created_at")),
    )
