"""What was watched, rated and commented."""

from movietracker.pluginapi import (
    ImportRow,
    JsonRow,
    Member,
    Rows,
    known_day,
    numeric_id,
    rating_on_ten,
    read_objects,
    row_of_each,
    rows_of_each,
    when_watched,
)

from .titles import entity_of, title_id, title_row

MAX_PLAYS = 1_000


def history(member: Member) -> Rows:
    """Viewings, each with its own id; the moment can be missing."""
    return row_of_each(read_objects(member), _viewing)


def plays(member: Member) -> Rows:
    """How often a film was watched, and when last: that many viewings, of which only the last has a moment."""
    return rows_of_each(read_objects(member), lambda row: _plays_of(row) if row.get("movie") else _episodes_of(row))


def ratings(member: Member) -> Rows:
    """Present ratings; who rated a title has seen it."""
    return row_of_each(read_objects(member), _rating)


def comments(member: Member) -> Rows:
    """Comments on titles; answers to others' comments are left out."""
    return rows_of_each(read_objects(member), _comments)


def _viewing(row: JsonRow) -> ImportRow:
    moment = row.text("watched_at")
    own = row.text("id") or f"{title_id(row, entity_of(row))}/{moment}"
    return title_row(row, "history", own, is_viewing=True, viewing_id=own, status="watched", **when_watched(moment))


def _plays_of(row: JsonRow) -> Rows:
    """Viewings without ids, as those that the history has are not here."""
    film = title_id(row, "movie")
    count = min(numeric_id(row.get("plays")) or 1, MAX_PLAYS)
    last = when_watched(row.text("last_watched_at")) or {"is_counted": True}
    for number in range(count, 0, -1):
        when = last if number == count else {"is_counted": True}
        yield title_row(row, "plays", f"{film}/{number}", is_viewing=True, status="watched", **when)


def _episodes_of(row: JsonRow) -> Rows:
    for season in row.rows("seasons"):
        for episode in season.rows("episodes"):
            number = f"{row.text('show', 'ids', 'trakt')}/{season.text('number')}/{episode.text('number')}"
            entity = {"number": episode.get("number"), "season": season.get("number")}
            each = JsonRow(row.where, "", {"type": "episode", "show": row.get("show"), "episode": entity})
            yield title_row(each, "plays", number, is_viewing=True)


def _rating(row: JsonRow) -> ImportRow:
    rating = rating_on_ten(row.text("rating"), 10)
    return title_row(row, "rating", "", rating=rating, status="watched", added_on=known_day(row.text("rated_at")))


def _comments(row: JsonRow) -> Rows:
    if numeric_id(row.text("comment", "parent_id")) or row.text("type") == "list":
        return
    seen = numeric_id(row.text("comment", "user_stats", "play_count"))
    yield title_row(
        row,
        "comment",
        row.text("comment", "id"),
        review=row.text("comment", "comment") or None,
        status="watched" if seen else None,
        added_on=known_day(row.text("comment", "created_at")),
    )
