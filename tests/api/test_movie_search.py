"""What is found in a library, however it is typed."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.films import fill, ids

from movietracker.services.accounts import Account
from movietracker.text import fold_words


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose library holds the films of ``support.films``."""
    fill(client)
    return client


def test_by_text_in_title_people_or_genre_whatever_its_case_accents_and_punctuation(library: Client) -> None:
    for text, found in [
        ("paradies", "1"),
        ("ÄRGER", "1"),
        ("a\u0308rger", "1"),
        ("arger", "1"),
        ("Àrger Im", "1"),
        ("miriam-hopkins", "1"),
        ("miriamhopkins", ""),
        ("lubitsch", "1"),
        ("Miriam", "1"),
        ("HARBOU", "2"),
        ("Alfred Abel", "2"),
        ("science", "2"),
        ("drama", "2"),
        ("100%", "3"),
        ("wolf_p", "3"),
        ("wolf-p", "3"),
        ("wolfpack", "3"),
        ("%", ""),
        ("_", ""),
        ("???", ""),
        ("\\", ""),
        ("mum", "12"),
        ("ömer", "1"),
        ("ÖMER", "1"),
        ("omer", "1"),
        ("rene", "4"),
        ("o\u0308mer", "1"),
        ("ren\u00e9", "4"),
        ("RENE\u0301", "4"),
        ("nothing at all", ""),
        ("  paradies  ", "1"),
        ("", "1234"),
        ("   ", "1234"),
        ("'; DROP TABLE movies; --", ""),
    ]:
        assert ids(library, q=text) == found


def add(client: Client, *titles: str) -> None:
    """Put titles into the library, numbered from 1."""
    for number, title in enumerate(titles, start=1):
        body = {"person_name": "Mum", "tmdb_data": {"title": title}}
        assert client.post(f"/api/movies/tt000000{number}/recommendations", json=body).status_code == 201


def test_a_title_is_found_however_its_accents_and_punctuation_are_typed(client: Client) -> None:
    add(client, "Amélie", "WALL·E", "İstanbul'da", "The Amazing Spider-Man", "M*A*S*H", "Ocean's Eleven")

    for text, found in [
        ("amelie", "1"),
        ("AMÉLIE", "1"),
        ("wall-e", "2"),
        ("walle", "2"),
        ("wall e", "2"),
        ("istanbul", "3"),
        ("ISTANBUL", "3"),
        ("spiderman", "4"),
        ("spider man", "4"),
        ("amazing spiderman", "4"),
        ("mash", "5"),
        ("m*a*s*h", "5"),
        ("oceans eleven", "6"),
        ("ocean’s", "6"),
    ]:
        assert ids(client, q=text) == found, text


def test_a_title_of_symbols_is_found_by_them_and_by_nothing_else(client: Client) -> None:
    add(client, "???", "$", "Who?", "❤️")

    for text, found in [("???", "1"), ("?", "1"), ("$", "2"), ("! ?", ""), ("❤", "4"), ("´", ""), ("\u200b", "")]:
        assert ids(client, q=text) == found, text


def test_recommenders_are_found_however_their_names_are_typed(client: Client) -> None:
    for number, name in enumerate(("Jean-Luc", "Sinéad O'Connor", "$$$"), start=1):
        client.post(f"/api/movies/tt000000{number}/recommendations", json={"person_name": name})

    for text, found in [
        ("jean luc", "1"),
        ("jeanluc", "1"),
        ("sinead", "2"),
        ("oconnor", "2"),
        ("$", "3"),
        ("a", "12"),
    ]:
        assert ids(client, q=text) == found, text


def test_what_recommenders_said_is_searched_until_it_is_taken_back(client: Client, bens_client: Client) -> None:
    for each, note in ((client, "Regardé à l’été, with the sound up!"), (bens_client, "Summer-time")):
        each.post("/api/movies/tt0000001/recommendations", json={"person_name": "Mum", "note": note})

    for text, found in (("a l'ete", "1"), ("SOUND UP", "1"), ("summer", ""), ("regarde the", "")):
        assert ids(client, q=text) == found, text
    assert ids(bens_client, q="summertime") == "1"

    client.post("/api/movies/tt0000001/recommendations", json={"person_name": "Mum", "note": "At night"})
    assert (ids(client, q="sound"), ids(client, q="night")) == ("", "1")
    client.post("/api/movies/tt0000001/recommendations", json={"person_name": "Mum", "note": ""})
    assert ids(client, q="night") == ""


def test_notes_of_viewings_are_searched_until_they_are_gone(client: Client) -> None:
    client.put("/api/movies/tt0000001/status", json={"status": "toWatch"})
    made = client.post("/api/movies/tt0000001/viewings", json={"watched_on": "1998", "note": "Au cinéma, with Zoë"})
    address = f"/api/movies/tt0000001/viewings/{made.json['id']}"
    assert (ids(client, q="zoe"), ids(client, q="CINEMA")) == ("1", "1")

    client.put(address, json={"watched_on": "1998", "note": "At home"})
    assert (ids(client, q="zoe"), ids(client, q="at-home")) == ("", "1")
    client.delete(address)
    assert ids(client, q="home") == ""


@given(
    title=st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8", exclude_characters="\0")),
    data=st.data(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_title_is_found_by_each_of_its_words_with_or_without_accents(
    client: Client, title: str, data: st.DataObject
) -> None:
    assume(title.split())
    word = data.draw(st.sampled_from(title.split()))
    assume(fold_words(word))
    client.post("/api/movies/tt0000001/recommendations", json={"person_name": "Mum", "tmdb_data": {"title": title}})

    for typed in (word, word.upper(), word.lower(), *fold_words(word)):
        assert ids(client, q=typed) == "1", typed
    assert client.delete("/api/movies/tt0000001").status_code == 204


def test_the_original_title_is_searched_too(make_app: MakeApp, anna: Account, standin: Standin) -> None:
    client = client_of(make_app(METADATA_PROVIDERS="tmdb", **standin.settings), anna)
    client.post("/api/movies", json={"imdb_id": "tt0245429"})

    assert ids(client, q="千尋") == ids(client, q="spirited") == "9"
