"""Whatever a file of the original backend holds: every row is stored, or named and left out."""

from pathlib import Path
from typing import Any

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from support.effort import thorough
from support.originals import ANNAS_ID, HEAT, MATRIX, RAINY, OriginalFile

from movietracker.adoption.adopting import adopt

DEEP = '{"title":' * 100 + "1" + "}" * 100
ANYTHING = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.binary(max_size=20),
    st.sampled_from(["", "NaN", "1e400", "upvote", "watched", "custom", "youtube"]),
    st.sampled_from([0, 1, 2, 9.5, 1.7e9, 1.7e12, 4e9]),
)
DETAILS = st.sampled_from(["{}", '{"title": 1}', '{"Title": 1}', '{"poster_path": [1]}', DEEP]) | ANYTHING
TITLE = st.sampled_from([MATRIX, MATRIX, HEAT]) | ANYTHING
PERSON = st.sampled_from([1, 2]) | ANYTHING
LIST = st.sampled_from([RAINY]) | ANYTHING

COLUMNS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "people": {
        **{"id": PERSON, "name": st.sampled_from(["Cleo", "cleo", "Google Search"]) | ANYTHING},
        **{"is_trusted": ANYTHING, "color": ANYTHING, "emoji": ANYTHING, "last_modified": ANYTHING},
        "quick_key": st.sampled_from(["youtube", "google"]) | ANYTHING,
    },
    "custom_lists": {
        **{"id": LIST, "name": ANYTHING, "color": ANYTHING, "icon": ANYTHING, "position": ANYTHING},
        **{"created_at": ANYTHING, "last_modified": ANYTHING},
    },
    "movies": {
        **{"imdb_id": TITLE, "tmdb_data": DETAILS, "omdb_data": DETAILS},
        **{"media_type": ANYTHING, "last_modified": ANYTHING},
    },
    "movie_status": {
        "imdb_id": TITLE,
        "status": st.sampled_from(["watched", "custom", "questionable"]) | ANYTHING,
        "custom_list_id": LIST,
    },
    "watch_history": {"imdb_id": TITLE, "date_watched": ANYTHING, "my_rating": ANYTHING},
    "recommendations": {
        **{"id": ANYTHING, "imdb_id": TITLE, "person_id": PERSON, "person": ANYTHING},
        **{"date_recommended": ANYTHING, "vote_type": ANYTHING},
    },
    "movie_rankings": {"imdb_id": TITLE, "liked": ANYTHING, "position": ANYTHING, "ranked_at": ANYTHING},
}
ROWS = st.fixed_dictionaries(
    {table: st.lists(st.fixed_dictionaries(columns), max_size=4) for table, columns in COLUMNS.items()}
)


@given(ROWS)
@thorough(50)
def test_every_row_is_stored_or_named(app: Flask, tmp_path: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    path = tmp_path / "original.db"
    path.unlink(missing_ok=True)
    original = OriginalFile(path)
    original.add("users", id=ANNAS_ID, email="anna@example.com", username="anna")
    for table, columns in COLUMNS.items():
        # Without types and keys, so that values stay what they are and rows may be there twice.
        original.run(f"DROP TABLE {table}; CREATE TABLE {table} (user_id, {', '.join(columns)})")
        for row in rows[table]:
            original.add(table, user_id=ANNAS_ID, **row)
    with app.app_context():
        report = adopt(path, dry_run=True)
    (account,) = report.accounts
    for count in account.tables:
        assert count.read == len(rows[count.table])
        assert count.stored + count.left_out == count.read
    left_out = [each for each in report.findings if each.sentence.startswith("left out: ")]
    assert len(left_out) == sum(count.left_out for count in account.tables)
