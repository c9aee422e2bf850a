"""Lists that people keep by hand, in the ways in which they write down who told them."""

import pytest
from movietracker_plugins.handwritten.importer import HandwrittenImporter
from support.uploads import rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow
from movietracker.testing.importers import ImporterContract

HANDWRITTEN = HandwrittenImporter()

MARKDOWN = """# Films

What I want to see, and who told me.

### Nelly's Recommendations
- [Heat](https://www.imdb.com/title/tt0113277/) (1995)
- [x] **Ran** (1985) - liz&tim suggestion

## To watch
* Alien (Dad suggestions)
* Hunger (hannah)
"""
ORG = """#+TITLE: films
* Films
** TODO Heat (1995) :noir:
   recommended by Ben
** DONE Ran
CLOSED: [2020-01-01 Wed]
* Grandmere's Recommendations
- Alien
"""
PLAIN = """Heat (1995)
12 Angry Men
(500) Days of Summer
Kaitlyn's reccomendations
Jaws
"""
TABLE = "Movie,Year,Recommended by\nHeat,1995,Anna\nRan,1985,\n"
OBJECTS = '[{"title": "Heat", "selected_by": "Anna"}, {"title": "Ran"}]'


def rows(text: str, name: str = "list.md") -> list[ImportRow]:
    return rows_of(HANDWRITTEN, {name: text})


def only(text: str) -> ImportRow:
    (row,) = rows(text)
    return row


def people(row: ImportRow) -> list[str]:
    return [person.name for person in row.recommended_by]


def titles_and_people(text: str) -> dict[str | None, list[str]]:
    return {row.title: people(row) for row in rows(text)}


@pytest.mark.parametrize(
    ("line", "title", "found"),
    [
        ("Alien (Dad suggestions)", "Alien", ["Dad"]),
        ("Alien (Warrick reccommendation)", "Alien", ["Warrick"]),
        ("Alien (hannah)", "Alien", ["hannah"]),
        ("Alien - liz&tim suggestion", "Alien", ["liz", "tim"]),
        ("Alien (recommended by colleagues)", "Alien", ["colleagues"]),
        ("Alien recommended by Uncle Hans", "Alien", ["Uncle Hans"]),
        ("Alien, recomended by Anna and Ben", "Alien", ["Anna", "Ben"]),
        ("Alien - Dad", "Alien", ["Dad"]),
        ("Alien - Uncle Hans", "Alien", ["Uncle Hans"]),
        ("Alien - thanks to Joe", "Alien", ["Joe"]),
        ("Alien, 1979 - Anna", "Alien", ["Anna"]),
        ("Alien (1979) - Anna", "Alien", ["Anna"]),
        ("Alien [1979] (Anna)", "Alien", ["Anna"]),
        ("Alien @jane", "Alien", ["jane"]),
        ("Rec by Anna: Alien", "Alien", ["Anna"]),
        ("Alien (rec: Anna)", "Alien", ["Anna"]),
        ("Alien (Sigourney Weaver)", "Alien", []),
        ("Alien (French)", "Alien", []),
        ("Hunger (famine film)", "Hunger", []),
        ("Up (Pixar)", "Up", []),
        ("Mission: Impossible - Fallout (2018)", "Mission: Impossible - Fallout", []),
        ("(500) Days of Summer", "(500) Days of Summer", []),
        ("Face/Off", "Face/Off", []),
        ("2001: A Space Odyssey", "2001: A Space Odyssey", []),
        ("Crouching Tiger, Hidden Dragon", "Crouching Tiger, Hidden Dragon", []),
    ],
)
def test_what_stands_behind_a_title_is_told_from_the_title(line: str, title: str, found: list[str]) -> None:
    row = only(f"- {line}\n")
    assert (row.title, people(row)) == (title, found)


def test_what_stands_behind_the_dash_of_several_titles_is_no_part_of_them() -> None:
    assert titles_and_people("- Heat - Anna\n- Ran - Anna\n") == {"Heat": ["Anna"], "Ran": ["Anna"]}


def test_a_single_word_behind_a_dash_is_for_the_user_to_look_at() -> None:
    row = only("- Mission: Impossible - Fallout\n")
    assert (row.title, people(row)) == ("Mission: Impossible - Fallout", [])
    assert row.needs_review == "what stands behind the dash may not be of the title"


def test_what_stands_in_brackets_is_kept_as_a_note() -> None:
    assert only("- Hunger (famine film) (2008)\n").note == "famine film"


def test_a_heading_says_who_recommended_the_titles_below_it() -> None:
    found = titles_and_people("## Nelly's Recommendations\n- Heat\n\n### Horror\n- Alien\n\n## Others\n- Ran\n")
    assert found == {"Heat": ["Nelly"], "Alien": ["Nelly"], "Ran": []}


@pytest.mark.parametrize(
    "heading",
    [
        "Nelly's Recomendations\n----",
        "**Nelly's recs**\n",
        "Nelly's recommendations:\n",
        "- Nelly's recs:\n  ",
        "nellys reccs",
    ],
)
def test_a_heading_can_be_written_in_many_ways(heading: str) -> None:
    assert [name.lower() for name in people(rows(f"- Ran\n\n{heading}\n  - Heat\n  - Alien\n")[-1])] == ["nelly"]


def test_a_bullet_above_others_is_no_title_unless_it_has_a_year() -> None:
    found = rows("- Horror\n  - Alien\n  - Ran (1985)\n    - recommended by Ben\n    - armies in color\n")
    assert [(row.title, row.heading) for row in found] == [("Alien", "Horror"), ("Ran", "Horror")]
    assert people(found[1]) == ["Ben"]
    assert found[1].note == "recommended by Ben; armies in color"


def test_a_list_without_marks_is_a_title_a_line() -> None:
    found = titles_and_people(PLAIN)
    assert found == {"Heat": [], "12 Angry Men": [], "(500) Days of Summer": [], "Jaws": ["Kaitlyn"]}


def test_prose_beside_bullets_is_no_title() -> None:
    assert [row.title for row in rows("Some words of mine.\n\n- Heat\n- Ran\n\nMore words.\n")] == ["Heat", "Ran"]


@pytest.mark.parametrize("bullet", ["-", "*", "+", "1.", "2)", "•", "- [ ]"])
def test_bullets_and_numbers_are_no_part_of_a_title(bullet: str) -> None:
    assert [row.title for row in rows(f"{bullet} Heat\n{bullet} 12 Angry Men\n")] == ["Heat", "12 Angry Men"]


@pytest.mark.parametrize(
    ("line", "status", "day"),
    [
        ("- [x] Heat", "watched", None),
        ("- [ ] Heat", "toWatch", None),
        ("- ~~Heat~~", "watched", None),
        ("- ✅ Heat", "watched", None),
        ("- Heat (seen)", "watched", None),
        ("- Heat (watched 2021-05-06)", "watched", "2021-05-06"),
        ("- [x] Heat (1988/??/??)", "watched", "1988"),
        ("- Heat", "toWatch", None),
        ("## Watched\n- Heat", "watched", None),
        ("## To be watched\n- Heat", "toWatch", None),
        ("## Watched\n- [ ] Heat", "toWatch", None),
    ],
)
def test_a_title_is_wanted_unless_there_is_a_sign_that_it_was_seen(line: str, status: str, day: str | None) -> None:
    row = only(line)
    assert (row.title, row.status, row.watched_on, row.is_viewing) == ("Heat", status, day, day is not None)


@pytest.mark.parametrize(
    ("written", "rating"), [("8/10", 8.0), ("(3.5/5)", 7.0), ("★★★★½", 9.0), ("4.5 stars", 9.0), ("- 7/10", 7.0)]
)
def test_a_rating_behind_a_title_is_read(written: str, rating: float) -> None:
    row = only(f"- Heat {written}")
    assert (row.title, row.rating, row.status) == ("Heat", rating, "watched")


def test_links_give_ids_and_emphasis_is_no_part_of_a_title() -> None:
    first, second = rows(
        "- [**Heat**](https://www.imdb.com/title/tt0113277/)\n- *Ran* https://www.themoviedb.org/movie/11645\n"
    )
    assert (first.title, first.imdb_id) == ("Heat", "tt0113277")
    assert (second.title, second.tmdb_id, second.kind) == ("Ran", 11645, "movie")


@pytest.mark.parametrize("behind", ["(Dad)", "[Dad]", "- Dad", "— from Dad"])
def test_a_link_alone_is_a_title_and_what_follows_says_who_recommended_it(behind: str) -> None:
    row = only(f"- https://www.imdb.com/title/tt0113277/ {behind}\n")
    assert (row.title, row.imdb_id, people(row)) == (None, "tt0113277", ["Dad"])


def test_org_is_read_with_its_keywords_tags_and_notes() -> None:
    heat, ran, alien = rows(ORG)
    assert (heat.title, heat.year, heat.status, heat.tags, people(heat)) == (
        "Heat",
        1995,
        "toWatch",
        ("noir",),
        ["Ben"],
    )
    assert (ran.title, ran.status) == ("Ran", "watched")
    assert people(alien) == ["Grandmere"]


def test_a_day_behind_a_title_says_when_it_was_seen() -> None:
    row = only("- Fargo 2020-02-03 8/10\n")
    assert (row.title, row.is_viewing, row.watched_on, row.rating) == ("Fargo", True, "2020-02-03", 8.0)


@pytest.mark.parametrize("rule", ["| --- | :-: | --- |", "|-----+------+-----|"])
def test_a_table_of_markdown_or_org_is_read_by_its_columns(rule: str) -> None:
    text = (
        f"## Films\n\n| Film | Year | Recommender |\n{rule}\n| [Heat](https://x.org) | 1995 | Anna & Ben |\n| Ran | |\n"
    )
    heat, ran = rows(text)
    assert (heat.title, heat.year, people(heat)) == ("Heat", 1995, ["Anna", "Ben"])
    assert (ran.title, people(ran)) == ("Ran", [])


@pytest.mark.parametrize(
    "column",
    ["Recommended by", "recommended_by", "Recommended By", "recommender", "selected_by", "selector", "from",
     "Reccomended by", "Who told me?", "Suggested by"],
)  # fmt: skip
def test_a_column_says_who_recommended_a_title(column: str) -> None:
    for text in (
        f"Title,{column}\nHeat,Anna\nRan,\n",
        f'[{{"title": "Heat", "{column}": "Anna"}}, {{"title": "Ran"}}]',
    ):
        heat, ran = rows(text)
        assert (people(heat), people(ran)) == (["Anna"], [])


@pytest.mark.parametrize(
    ("columns", "cells", "found"),
    [
        ("Title,Recommended by,From", "Heat,Anna,USA", ["Anna"]),
        ("Title,Recommended,Recommended by", "Heat,yes,Anna", ["Anna"]),
        ("Title,Selected by,From", "Heat,,Ben", ["Ben"]),
    ],
)
def test_of_several_columns_the_one_that_says_so_and_names_somebody_counts(
    columns: str, cells: str, found: list[str]
) -> None:
    assert people(only(f"{columns}\n{cells}\n")) == found


@pytest.mark.parametrize("cell", ["Anna, Ben", "Anna; Ben", "Anna & Ben", "Anna and Ben"])
def test_a_cell_can_name_several_people(cell: str) -> None:
    assert people(only(f'Title,Recommended by\nHeat,"{cell}"\n')) == ["Anna", "Ben"]


@pytest.mark.parametrize("cell", ["", "yes", "no", "x", "-", "n/a"])
def test_a_cell_that_names_nobody_proposes_nobody(cell: str) -> None:
    assert people(only(f"Title,Recommended,Seen\nHeat,{cell},no\n")) == []


def test_a_spreadsheet_is_read_with_its_dates_ratings_and_notes() -> None:
    text = "Movie;Seen;Rating;Notes;Who told me\nHeat;24.12.2020;8;loud;Mum\nRan (1985);yes;;;\nAlien;no;;;\n;;;;\n"
    heat, ran, alien = rows(text)
    assert (heat.watched_on, heat.is_viewing, heat.rating, heat.note, people(heat)) == (
        "2020-12-24",
        True,
        8.0,
        "loud",
        ["Mum"],
    )
    assert (ran.title, ran.year, ran.status, ran.is_viewing) == ("Ran", 1985, "watched", False)
    assert alien.status == "toWatch"


def test_a_table_that_says_how_titles_were_liked_and_when_they_were_watched_needs_no_recommenders() -> None:
    table = "Title,Year,Watched,Rating\nHeat,1995,1/31/2020,4/5\nRan,1985,✓,5\nAlien,,,\n"
    assert [(row.status, row.watched_on, row.rating) for row in rows(table)] == [
        ("watched", "2020-01-31", 8.0),
        ("watched", None, 10.0),
        ("toWatch", None, None),
    ]


@pytest.mark.parametrize("day", ["1988", "1988/??/??"])
def test_of_a_day_that_is_not_known_the_year_is_kept(day: str) -> None:
    assert only(f"Film;Von;Gesehen am\nHeat;Anna;{day}\n").watched_on == "1988"


def test_the_date_of_a_film_club_is_that_of_watching_and_of_other_lists_is_not() -> None:
    assert only("Date,Movie,Selected by\n2020-01-02,Heat,Anna\n").watched_on == "2020-01-02"
    assert only("Date,Movie,Recommended by\n2020-01-02,Heat,Anna\n").watched_on is None


def test_json_within_an_object_is_read_and_what_is_no_object_is_named() -> None:
    files: dict[str, str | bytes] = {"x": '{"movies": [{"movie": "Heat", "from": ["Anna", "Ben"]}, 5]}'}
    found, broken = rows_and_broken(HANDWRITTEN, files)
    assert [people(row) for row in found] == [["Anna", "Ben"]]
    assert [each.reason for each in broken] == ["is not an object"]


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>Heat</body></html>",
        '{"a": 1}',
        '[{"progress": 12.5, "type": "movie", "movie": {"title": "Heat", "ids": {"trakt": 669}}}]',
        "a,b\n1,2\n3,4",
        "a;b\n1;2",
        "\x89PNG\x01",
        "x" * 300,
        "Title,Date\nHeat,1/2/20",
        "Title,Author,Rating\nEmma,Austen,5",
        "Name,Rating\nLisbon,5",
    ],
)
def test_what_is_no_list_of_titles_is_not_recognized(text: str) -> None:
    assert not HANDWRITTEN.recognizes(upload({"list.txt": text}))


def test_text_of_windows_is_read() -> None:
    (row,) = rows_of(HANDWRITTEN, {"list.txt": "- Amélie (Zoë)\r\n".encode("cp1252")})
    assert (row.title, people(row)) == ("Amélie", ["Zoë"])


class TestContract(ImporterContract):
    samples = tuple({f"list-{at}": each} for at, each in enumerate((MARKDOWN, ORG, PLAIN, TABLE, OBJECTS)))

    @pytest.fixture
    def importer(self) -> Importer:
        return HANDWRITTEN


def test_a_day_whose_order_the_table_does_not_show_needs_review() -> None:
    rows = rows_of(HANDWRITTEN, {"x": "Title,Recommended by,Watched\nHeat,Mum,3/4/2021\nRan,Mum,yes\n"})
    assert [(row.status, row.needs_review is not None) for row in rows] == [("watched", True), ("watched", False)]
