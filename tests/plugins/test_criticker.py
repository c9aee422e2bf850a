"""Criticker's export as CSV and as XML."""

import pytest
from movietracker_plugins.criticker.importer import CritickerImporter
from support.uploads import rows_and_broken, rows_of

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

CRITICKER = CritickerImporter()
HEADER = "Score, Film Name, Year, Date Rated, Mini Review, URL, IMDB ID\n"
TABLE = (
    HEADER + '85, "Heat", 1995, "Jun 21 2014, 22:06", "Loud, long", https://www.criticker.com/film/Heat/, tt0113277\n'
    '0, "Dark", 2017, "Jun 22 2014, 22:06", , https://www.criticker.com/tv/Dark/, tt5753856\n'
)
XML = (
    '<?xml version="1.0" encoding="UTF-8"?><recentratings><film><filmid>1</filmid><filmname>Heat (1995)</filmname>'
    "<imdbid>tt0113277</imdbid><rating>85</rating><quote>Loud</quote><reviewdate>2014-06-21 22:06:00</reviewdate>"
    "</film><film><filmname>Ran (1985)</filmname><imdbid>tt0089881</imdbid><rating>90</rating></film></recentratings>"
)


def test_a_table_is_read_whatever_blanks_follow_its_commas() -> None:
    heat, dark = rows_of(CRITICKER, {"x": TABLE})
    assert (heat.title, heat.year, heat.imdb_id, heat.kind) == ("Heat", 1995, "tt0113277", "movie")
    assert (heat.rating, heat.note, heat.added_on, heat.is_viewing) == (8.5, "Loud, long", "2014-06-21", False)
    assert (dark.kind, dark.rating) == ("tv", 1.0)


@pytest.mark.parametrize(("highest", "rating"), [("9", 7.0), ("95", 1.0)])
def test_the_whole_file_decides_whether_scores_go_to_10_or_to_100(highest: str, rating: float) -> None:
    text = HEADER + f"7, Heat, 1995, , , , tt0113277\n{highest}, Ran, 1985, , , , tt0089881\n"
    assert rows_of(CRITICKER, {"x": text})[0].rating == rating


def test_xml_is_read_film_by_film() -> None:
    heat, ran = rows_of(CRITICKER, {"x": XML})
    assert (heat.title, heat.year, heat.imdb_id, heat.rating, heat.note) == ("Heat", 1995, "tt0113277", 8.5, "Loud")
    assert (heat.added_on, ran.added_on) == ("2014-06-21", None)


def test_damaged_xml_is_named_behind_the_films_that_can_be_read() -> None:
    rows, broken = rows_and_broken(CRITICKER, {"x": XML[:-60]})
    assert [row.title for row in rows] == ["Heat"]
    assert [each.reason for each in broken] == ["is no XML that can be read, behind film 1"]


def test_xml_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><recentratings><film><filmname>&a;</filmname></film></recentratings>'
    rows, broken = rows_and_broken(CRITICKER, {"x": bomb})
    assert (rows, len(broken)) == ([], 1)


class TestContract(ImporterContract):
    samples = ({"x.csv": TABLE}, {"x.xml": XML})

    @pytest.fixture
    def importer(self) -> Importer:
        return CRITICKER
