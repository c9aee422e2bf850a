"""Servers that go away while the page talks to them, that were restored, and that no longer know the device's place."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import User, log_in, new_user
from .instance import Instance
from .library import CASABLANCA, METROPOLIS, RASHOMON, add_titles
from .test_edges import mark_watched, sync, watched
from .test_offline import until_stored

IKIRU = "tt0044741"


@pytest.fixture
def owner(instance: Instance) -> User:
    """An account of that instance, with titles."""
    user = new_user(instance.port)
    add_titles(user)
    return user


@pytest.fixture
def visit(browser: Browser, instance: Instance) -> Iterator[Callable[[User], Page]]:
    """Opens the library of an account of that instance."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{instance.port}", locale="en-US", timezone_id="UTC")

    def open_library(user: User) -> Page:
        page = context.new_page()
        log_in(page, user)
        expect(page.get_by_text("12 titles", exact=True)).to_be_visible()
        return page

    yield open_library
    context.close()


def test_a_server_that_comes_back_gets_what_was_done_meanwhile(
    instance: Instance, owner: User, visit: Callable[[User], Page]
) -> None:
    page = visit(owner)
    until_stored(page)
    instance.stop()
    mark_watched(page, "Casablanca")
    expect(page.get_by_text("Offline")).to_be_visible()
    page.reload()
    mark_watched(page, "Metropolis")
    expect(page.get_by_text("2 changes waiting")).to_be_visible()
    instance.start()
    sync(page)
    assert watched(owner) == {CASABLANCA: 1, METROPOLIS: 1}


def test_a_restored_server_gets_back_what_it_forgot_and_what_waited(
    instance: Instance, owner: User, visit: Callable[[User], Page], tmp_path: Path
) -> None:
    instance.stop()
    shutil.copytree(instance.folder, tmp_path / "copy")
    instance.start()
    page = visit(owner)
    mark_watched(page, "Casablanca")
    sync(page)
    assert watched(owner) == {CASABLANCA: 1}
    instance.stop()
    mark_watched(page, "Metropolis")
    expect(page.get_by_text("1 change waiting")).to_be_visible()
    instance.restored(tmp_path / "copy")
    instance.start()
    assert watched(owner) == {}
    sync(page)
    assert watched(owner) == {CASABLANCA: 1, METROPOLIS: 1}
    expect(page.get_by_text("12 titles", exact=True)).to_be_visible()


def test_a_server_that_dies_while_it_is_told_has_all_of_it_once(
    instance: Instance, owner: User, visit: Callable[[User], Page]
) -> None:
    """Once after the server has written, so that only its answer is lost, and once before it has read anything."""
    page = visit(owner)
    until_stored(page)

    def written_but_unanswered(route: Route) -> None:
        route.fetch()
        instance.kill()
        route.abort()

    def unread(route: Route) -> None:
        instance.kill()
        route.abort()

    for title, lose in (("Casablanca", written_but_unanswered), ("Metropolis", unread)):
        page.route("**/api/sync/batch", lose, times=1)
        mark_watched(page, title)
        expect(page.get_by_text("Offline")).to_be_visible()
        expect(page.get_by_text("1 change waiting")).to_be_visible()
        page.reload()
        instance.start()
        sync(page)
    assert watched(owner) == {CASABLANCA: 1, METROPOLIS: 1}


def test_a_server_that_dies_while_it_is_asked_for_changes_loses_none(
    instance: Instance, owner: User, visit: Callable[[User], Page]
) -> None:
    page = visit(owner)

    def half(route: Route) -> None:
        instance.kill()
        route.abort()

    owner.api.call("POST", "/api/movies", {"imdb_id": IKIRU})
    expect(page.get_by_text("13 titles", exact=True)).to_be_visible()
    page.route("**/api/sync/changes*", half, times=1)
    mark_watched(page, "Casablanca")
    expect(page.get_by_text("Offline")).to_be_visible()
    instance.start()
    sync(page)
    assert watched(owner) == {CASABLANCA: 1}
    expect(page.get_by_text("13 titles", exact=True)).to_be_visible()


def test_a_device_that_was_away_for_too_long_starts_over_and_keeps_its_changes(
    instance: Instance, owner: User, visit: Callable[[User], Page]
) -> None:
    page = visit(owner)
    page.context.set_offline(True)
    mark_watched(page, "Casablanca")
    expect(page.get_by_text("1 change waiting")).to_be_visible()
    for imdb_id in (METROPOLIS, RASHOMON):  # the second one is what the first sync does not know of
        assert owner.api.call("DELETE", f"/api/movies/{imdb_id}").status < 300
    instance.stop()
    with closing(sqlite3.connect(next(instance.folder.rglob("*.db")))) as database, database:
        database.execute(f"UPDATE change_ledger SET at = at - {400 * 86_400}")
    instance.start()
    with page.expect_response(lambda response: response.status == 410) as told:
        page.context.set_offline(False)
    assert told.value.json()["code"] == "cursor_expired"
    sync(page)
    assert watched(owner) == {CASABLANCA: 1}
    expect(page.get_by_text("10 titles", exact=True)).to_be_visible()
