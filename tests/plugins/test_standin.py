"""The stand-in of TMDB and OMDb does what the tests that use it rely on."""

import threading
import time

import pytest
import requests
from standin import Standin

TIMEOUT = 5


def get(standin: Standin, path: str, **params: str) -> requests.Response:
    return requests.get(f"{standin.tmdb_url}{path}", {"api_key": standin.tmdb_key, **params}, timeout=TIMEOUT)


def test_a_call_is_recorded_with_its_query_and_headers(standin: Standin) -> None:
    get(standin, "/movie/603", language="de")
    (call,) = standin.calls
    assert (call.service, call.method, call.path) == ("tmdb", "GET", "/movie/603")
    assert call.query["language"] == "de"
    assert call.headers["host"].startswith("127.0.0.1:")


def test_a_wrong_key_and_an_unknown_title_are_answered_as_tmdb_does(standin: Standin) -> None:
    refused = get(standin, "/movie/603", api_key="wrong")
    assert (refused.status_code, refused.json()["status_code"]) == (401, 7)
    unknown = get(standin, "/movie/1")
    assert unknown.status_code == 404
    assert unknown.json() == {
        "success": False,
        "status_code": 34,
        "status_message": "The resource you requested could not be found.",
    }


def test_only_parts_that_are_asked_for_are_appended(standin: Standin) -> None:
    plain = get(standin, "/movie/603").json()
    rich = get(standin, "/movie/603", append_to_response="credits,external_ids,videos").json()
    assert set(rich) - set(plain) == {"credits", "external_ids"}


def test_a_failure_lasts_for_as_many_calls_as_told_and_concerns_one_service(standin: Standin) -> None:
    standin.fail_with(429, headers={"Retry-After": "2"}, service="tmdb", times=1)
    assert requests.get(standin.omdb_url, {"apikey": standin.omdb_key, "i": "tt0133093"}, timeout=TIMEOUT).ok
    refused = get(standin, "/movie/603")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert get(standin, "/movie/603").ok


def test_it_can_serve_html_half_a_document_and_nothing(standin: Standin) -> None:
    standin.close_connection(times=1)
    standin.half_json(times=1)
    standin.break_off(times=1)
    standin.serve_html(503, times=1)
    page = get(standin, "/movie/603")
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html")
    with pytest.raises(requests.RequestException):
        get(standin, "/movie/603")
    with pytest.raises(ValueError):
        get(standin, "/movie/603").json()
    with pytest.raises(requests.ConnectionError):
        get(standin, "/movie/603")
    assert get(standin, "/movie/603").ok


def test_it_can_be_slow(standin: Standin) -> None:
    standin.hang(0.1, times=1)
    started = time.monotonic()
    assert get(standin, "/movie/603").ok
    assert time.monotonic() - started >= 0.1


def test_closing_does_not_wait_for_a_hanging_answer_or_an_idle_connection() -> None:
    with requests.Session() as idle:
        standin = Standin()
        idle.get(standin.url, timeout=TIMEOUT)
        standin.hang(60)
        failed = threading.Event()

        def ask() -> None:
            try:
                get(standin, "/movie/603")
            except requests.ConnectionError:
                failed.set()

        asking = threading.Thread(target=ask)
        asking.start()
        while not standin.calls_of("tmdb"):
            time.sleep(0.005)
        started = time.monotonic()
        standin.close()
        asking.join()
        assert time.monotonic() - started < 5
        assert failed.is_set()
