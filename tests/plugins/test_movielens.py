"""MovieLens's table of ratings and wishes."""

import pytest
from movietracker_plugins.movielens.importer import MovieLensImporter
from support.uploads import rows_of

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

MOVIELENS = MovieLensImporter()
TABLE = (
    "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n"
    "6,0113277,949,4.5,3.8,Heat (1995)\n7,0089881,11645,,4.1,Ran\n"
)


def test_stars_and_ids_without_tt_are_read() -> None:
    heat, _ = rows_of(MOVIELENS, {"x": TABLE})
    assert (heat.title, heat.year, heat.imdb_id, heat.tmdb_id) == ("Heat", 1995, "tt0113277", 949)
    assert (heat.rating, heat.status, heat.is_viewing) == (9.0, "watched", False)


def test_a_title_without_a_rating_is_wanted() -> None:
    _, ran = rows_of(MOVIELENS, {"x": TABLE})
    assert (ran.title, ran.rating, ran.status) == ("Ran", None, "toWatch")


class TestContract(ImporterContract):
    samples = ({"x.csv": TABLE},)

    @pytest.fixture
    def importer(self) -> Importer:
        return MOVIELENS
