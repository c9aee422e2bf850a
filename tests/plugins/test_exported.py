"""Our own plain CSV files."""

import pytest
from movietracker_plugins.generic.exported import ExportImporter
from support.uploads import counts_of, rows_of

from movietracker.plugin.importers import Importer, ListPlace, Recommender
from movietracker.testing.importers import ImporterContract

EXPORTED = ExportImporter()
TITLES = (
    "imdb_id,tmdb_id,media_type,title,year,directors,genres,runtime,status,custom_list_id,list,my_rating,added_at,"
    "last_modified\n"
    'tt0113277,949,movie,Heat,1995,Michael Mann,"Crime, Drama",170,watched,,,8.25,1600000000.5,1600000001\n'
    "tt0089881,,movie,Ran,1985,,,,custom,1b,Rainy days,,1600000000,1600000001\n"
)
VIEWINGS = (
    "imdb_id,title,id,watched_on,watched_at,rating,note,source,created_at\n"
    "tt0113277,Heat,1c,2020-05,,8.25,'=loud,letterboxd,1600000000\n"
    "tt0113277,Heat,1d,,1600000000.125,,,,1600000000\n"
)
RECOMMENDATIONS = (
    "imdb_id,title,person_name,vote_type,date_recommended,note\ntt0113277,Heat,Mum,false,1500000000.5,too long\n"
)
TAGS = 'imdb_id,title,tag\ntt0113277,Heat,"a, b"\ntt0113277,Heat,c\n'
FILES = {"titles.csv": TITLES, "viewings.csv": VIEWINGS, "recommendations.csv": RECOMMENDATIONS}


def test_a_title_has_its_status_or_its_list() -> None:
    heat, ran = rows_of(EXPORTED, {"x": TITLES})
    assert (heat.imdb_id, heat.tmdb_id, heat.kind, heat.title, heat.year) == ("tt0113277", 949, "movie", "Heat", 1995)
    assert (heat.status, heat.rating, heat.added_at) == ("watched", 8.25, 1600000000.5)
    assert (ran.status, ran.list_place) == (None, ListPlace("Rainy days", is_status=True))


def test_likes_are_in_the_table_of_titles_and_tags_have_their_own() -> None:
    marked = TITLES.replace("last_modified\n", "last_modified,liked,tags\n").replace("01\n", '01,true,"a, b, c"\n')
    heat, _, *tagged = rows_of(EXPORTED, {"titles.csv": marked, "tags.csv": TAGS})
    assert (heat.liked, heat.tags) == (True, ())
    assert [(row.imdb_id, row.tags) for row in tagged] == [("tt0113277", ("a, b",)), ("tt0113277", ("c",))]


def test_viewings_have_their_ids_times_ratings_and_notes() -> None:
    first, second = rows_of(EXPORTED, {"x": VIEWINGS})
    assert (first.viewing_id, first.watched_on, first.viewing_rating, first.review) == ("1c", "2020-05", 8.25, "=loud")
    assert (second.viewing_id, second.watched_on, second.watched_at) == ("1d", None, 1600000000.125)


def test_a_recommendation_has_its_date_and_says_whether_it_is_for_the_title() -> None:
    (row,) = rows_of(EXPORTED, {"x": RECOMMENDATIONS})
    assert row.recommended_by == (Recommender("Mum", "Mum", "too long", vote=False, told_at=1500000000.5),)
    assert row.status is None


def test_all_tables_together_are_counted() -> None:
    counts = counts_of(EXPORTED, FILES)
    assert counts == {
        **{"titles": 2, "viewings": 2, "ratings": 1, "reviews": 1, "lists": 1, "list_items": 1, "people": 1}
    }


class TestContract(ImporterContract):
    samples = (FILES, {"x": TITLES}, {"x": VIEWINGS}, {"x": RECOMMENDATIONS}, {"x": TAGS})

    @pytest.fixture
    def importer(self) -> Importer:
        return EXPORTED
