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
    "Date Watched,Type,Title,Episode Title,Global Title Identifier,Episode Global Title Identifier,Path,Episode Path,"
    'Image URL\n"2020-01-02 00:00:00.123","Movie","Heat","","amzn1.dv.gti.1","","/detail/1","",""\n'
)


@pytest.mark.parametrize(("text", "day"), [(ENGLISH, "2020-01-02"), (GERMAN, "2020-12-31")])
def test_films_are_viewings_with_a_day_and_episodes_are_counted(text: str, day: str) -> None:
    heat, dark = rows_of(PRIME, {"x": text})
    assert (heat.title, heat.kind, heat.watched_on) == ("Heat", "movie", day)
    assert dark.kind == "episode"
    assert counts_of(PRIME, {"x": text}) == {"titles": 1, "viewings": 1, "episodes": 1}


@pytest.mark.parametrize("text", [LONG, LONG.replace("2020-01-02 00:00:00.123", "1577923200123")])
def test_times_to_the_millisecond_are_moments_in_utc(text: str) -> None:
    (heat,) = rows_of(PRIME, {"x": text})
    assert (heat.watched_at, heat.watched_on) == (1577923200.123, None)


@pytest.mark.parametrize(
    "text",
    [
        "Fecha vista,Tipo,Título,Episodio\n23 de abril de 2024,Película,Heat,\n,Serie,Dark,Secretos\n",
        "Fecha de visualización,Tipo,Título,Episodio\n23/04/2024,Película,Heat,\n,Serie,Dark,Secretos\n",
        "Date regardée,Type,Titre,Épisode\n23 avril 2024,Film,Heat,\n,Série,Dark,Secrets\n",
        "Data assistida,Tipo,Título,Episódio\n23 de Abril de 2024,Filme,Heat,\n,Série,Dark,Segredos\n",
        "觀看日期,類型,標題,集\n2024年4月23日,電影,Heat,\n,劇集系列,Dark,秘密\n",
    ],
)
def test_headers_kinds_and_dates_are_in_the_language_of_the_page(text: str) -> None:
    heat, dark = rows_of(PRIME, {"x": text})
    assert (heat.title, heat.kind, heat.watched_on) == ("Heat", "movie", "2024-04-23")
    assert dark.kind == "episode"


def test_a_table_of_titles_and_dates_is_read_as_that_of_netflix() -> None:
    files: dict[str, str | bytes] = {"x": "Title,Date\nHeat,2020-01-02\n"}
    assert not PRIME.recognizes(upload(files))
    assert NetflixImporter().recognizes(upload(files))


class TestContract(ImporterContract):
    samples = ({"e": ENGLISH}, {"g": GERMAN}, {"l": LONG})

    @pytest.fixture
    def importer(self) -> Importer:
        return PRIME
