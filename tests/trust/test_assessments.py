"""Keeping assessments: as long as a library does not change, and fitted anew once a second."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from support.applications import MakeApp
from support.statements import hearing_statements

from movietracker.models.movie import Vote
from movietracker.services.accounts import Account
from movietracker.services.movies import rate, recommend, set_status
from movietracker.services.transactions import library_read, library_write
from movietracker.trust import assessments as module
from movietracker.trust.assessment import Assessment
from movietracker.trust.assessments import Assessments


@pytest.fixture
def kept() -> Assessments:
    return Assessments()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, which stands still until the test sets its only item."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def watch(user: Account, number: int) -> None:
    """Have a title watched and rated."""
    with library_write(user.id) as tx:
        imdb_id = f"tt{number:07}"
        recommend(tx, imdb_id, "Anna", Vote())
        set_status(tx, imdb_id, "watched")
        rate(tx, imdb_id, float(number % 10 + 1))


def assess(kept: Assessments, user: Account) -> Assessment:
    """The assessment of the present state."""
    with library_read(user.id) as read:
        return kept.of(read)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that are run."""
    heard: list[str] = []
    with hearing_statements(app, lambda _connection, _cursor, statement, *_: heard.append(statement)):
        yield heard


def test_an_unchanged_library_is_not_read_again(app: Flask, anna: Account, kept: Assessments) -> None:
    with app.app_context():
        watch(anna, 1)
        first = assess(kept, anna)
        with statements(app) as heard:
            assert assess(kept, anna) is first
    assert not any("tmdb_data" in statement for statement in heard)


def test_a_changed_library_is_assessed_anew(app: Flask, anna: Account, kept: Assessments) -> None:
    with app.app_context():
        watch(anna, 1)
        assert assess(kept, anna).background.all.evidence == 1
        watch(anna, 2)
        again = assess(kept, anna)
    assert again.background.all.evidence == 2
    assert again.is_current


def test_a_library_that_keeps_changing_is_fitted_once_a_second(
    app: Flask, anna: Account, kept: Assessments, seconds: list[float]
) -> None:
    current = []
    with app.app_context():
        for number in range(60):
            seconds[0] += 0.25
            watch(anna, number)
            assessment = assess(kept, anna)
            current.append(assessment.is_current)
            assert assessment.background.all.evidence == number + 1  # all but the model is of this moment
    assert 15 <= sum(current) <= 15 + module.FITS
    assert current[: module.FITS] == [True] * module.FITS


def test_the_newest_model_comes_once_the_second_is_over(
    app: Flask, anna: Account, kept: Assessments, seconds: list[float]
) -> None:
    with app.app_context():
        for number in range(module.FITS + 1):
            watch(anna, number)
            late = assess(kept, anna)
        assert not late.is_current
        seconds[0] += module.SECONDS
        again = assess(kept, anna)
        assert again.is_current
        assert again.model.effects == assess(Assessments(), anna).model.effects


def test_one_user_s_assessment_is_never_another_s(app: Flask, anna: Account, ben: Account, kept: Assessments) -> None:
    with app.app_context():
        watch(anna, 1)
        assert assess(kept, anna).background.all.evidence == 1
        assert assess(kept, ben).background.all.evidence == 0


@pytest.mark.parametrize("status", ["toWatch", "watched"])
def test_the_assessments_used_last_are_kept(
    app: Flask, anna: Account, ben: Account, kept: Assessments, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(module, "MOST_KILOBYTES", 0)
    with app.app_context():
        for user in (anna, ben):
            with library_write(user.id) as tx:
                set_status(tx, "tt0000001", status)
        annas, bens = assess(kept, anna), assess(kept, ben)
        assert assess(kept, ben) is bens
        assert assess(kept, anna) is not annas


def test_numpy_is_imported_by_whoever_asks_first(make_app: MakeApp) -> None:
    program = "import sys, movietracker; movietracker.create_app(); sys.exit('numpy' in sys.modules)"
    app = make_app()
    environment = {"MOVIETRACKER_INSTANCE_PATH": app.instance_path}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
