"""Kinopoisk's table of ratings."""

import pytest
from movietracker_plugins.kinopoisk.importer import KinopoiskImporter
from support.uploads import counts_of, rows_of

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

KINOPOISK = KinopoiskImporter()
TABLE = (
    "id,nameEng,nameRus,rating,date,year,link\n"
    "1,Heat,Схватка,9,2014-06-21,1995,https://www.kinopoisk.ru/film/1/\n"
    "2,,Сталкер,10,2014-06-22,1979,https://www.kinopoisk.ru/film/2/\n"
    "3,,Солярис,0,,1972,https://www.kinopoisk.ru/series/3/\n"
)


def test_both_titles_and_the_rating_are_read() -> None:
    heat, stalker, solaris = rows_of(KINOPOISK, {"x": TABLE})
    assert (heat.title, heat.original_title, heat.year, heat.rating) == ("Схватка", "Heat", 1995, 9.0)
    assert (heat.other_ids, heat.kind, heat.added_on) == ((("kinopoisk", "1"),), "movie", "2014-06-21")
    assert (stalker.title, stalker.original_title, stalker.is_viewing) == ("Сталкер", None, False)
    assert (solaris.rating, solaris.kind) == (None, "tv")


def test_titles_in_cyrillic_are_told_apart() -> None:
    assert counts_of(KINOPOISK, {"x": TABLE}) == {"titles": 3, "ratings": 2}


class TestContract(ImporterContract):
    samples = ({"x.csv": TABLE},)

    @pytest.fixture
    def importer(self) -> Importer:
        return KINOPOISK
