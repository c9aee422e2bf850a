"""What scripts take from the watch history of Prime Video."""

import pytest
from movietracker_plugins.netflix.importer import NetflixImporter
from movietracker_plugins.prime.importer import PrimeImporter
from support.uploads import counts_of, rows_of, upload

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

PRIME = PrimeImporter()
ENGLISH = "Date Watched,Type,Title,Episode\n2020-01-02,Movie,Heat,\n2020-01-03,Series,Dark,Secrets\n"
GERMAN = "Datum angesehen,Typ,Titel,Folge\n31.12.2020,Film,Heat,\n30.12.2020,Serie,Dark,Geheimnisse\n"
LONG = (
    '"Date Watched","Type","Title","Episode Title","Global Title Identifier","Path","Episode Path","Image","Id"\n'
    '"1577923200123","Movie","Heat","","","","","",""\n'
)


@pytest.mark.parametrize(("text", "day"), [(ENGLISH, "2020-01-02"), (GERMAN, "2020-12-31")])
def test_films_are_viewings_with_a_day_and_episodes_are_counted(text: str, day: str) -> None:
    heat, dark = rows_of(PRIME, {"x": text})
    assert (heat.title, heat.kind, heat.watched_on) == ("Heat", "movie", day)
    assert dark.kind == "episode"
    assert counts_of(PRIME, {"x": text}) == {"titles": 1, "viewings": 1, "episodes": 1}


def test_milliseconds_are_moments() -> None:
    (heat,) = rows_of(PRIME, {"x": LONG})
    assert (heat.watched_at, heat.watched_on) == (1577923200.123, None)


def test_a_table_of_titles_and_dates_is_read_as_that_of_netflix() -> None:
    files: dict[str, str | bytes] = {"x": "Title,Date\nHeat,2020-01-02\n"}
    assert not PRIME.recognizes(upload(files))
    assert NetflixImporter().recognizes(upload(files))


class TestContract(ImporterContract):
    samples = ({"e": ENGLISH}, {"g": GERMAN}, {"l": LONG})

    @pytest.fixture
    def importer(self) -> Importer:
        return PRIME
