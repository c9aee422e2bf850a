"""When the nightly run is due, clock changes included."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from movietracker.backup.catalog.schedule import Schedule

VIENNA = ZoneInfo("Europe/Vienna")
ZONE = """
from movietracker.backup.catalog.schedule import Schedule
schedule = Schedule.of({"TIMEZONE": "", "BACKUP_HOUR": 4, "BACKUP_MINUTE": 5})
print(schedule.local(schedule.last_due(1e9)).strftime("%H:%M %Z"))
"""


def due(schedule: Schedule, year: int, month: int, day: int, hour: int, minute: int = 0) -> str:
    now = datetime(year, month, day, hour, minute, tzinfo=schedule.zone).timestamp()
    return datetime.fromtimestamp(schedule.last_due(now), UTC).strftime("%m-%d %H:%M")


def test_it_is_due_at_its_hour_of_the_zone() -> None:
    schedule = Schedule(3, 0, VIENNA)
    assert due(schedule, 2026, 1, 15, 3, 0) == "01-15 02:00"
    assert due(schedule, 2026, 1, 15, 2, 59) == "01-14 02:00"
    assert due(schedule, 2026, 7, 15, 23, 0) == "07-15 01:00"


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (23, 59)])
def test_the_edges_of_the_day(hour: int, minute: int) -> None:
    schedule = Schedule(hour, minute, VIENNA)
    assert due(schedule, 2026, 1, 15, hour, minute)[:5] == ("01-14" if hour == 0 else "01-15")


def test_a_time_that_is_skipped_in_spring_is_due_when_the_clocks_would_have_shown_it() -> None:
    schedule = Schedule(2, 30, VIENNA)
    assert due(schedule, 2026, 3, 29, 3, 31) == "03-29 01:30"
    assert due(schedule, 2026, 3, 29, 1, 59) == "03-28 01:30"


def test_a_time_that_comes_twice_in_autumn_is_due_once() -> None:
    schedule = Schedule(2, 30, VIENNA)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    moments = {schedule.last_due(first + minutes * 60) for minutes in range(600)}
    assert moments == {first}


def test_between_two_moments_there_is_always_about_a_day() -> None:
    schedule = Schedule(3, 0, VIENNA)
    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    moments = sorted({schedule.last_due(begin + hours * 3600) for hours in range(24 * 365)})
    gaps = {round((later - earlier) / 3600) for earlier, later in pairwise(moments)}
    assert gaps == {23, 24, 25}


@pytest.mark.parametrize("zone", ["Foo/Bar", "CET-1CEST", "/etc/passwd", "\\x00"])
def test_a_machine_whose_zone_cannot_be_told_uses_utc_and_says_so(zone: str) -> None:
    """In a process of its own: the zone of a process is looked up once."""
    said = subprocess.run([sys.executable, "-c", ZONE], env=os.environ | {"TZ": zone}, capture_output=True, check=True)
    assert said.stdout == b"04:05 UTC\n"
    assert b"set TIMEZONE" in said.stderr


def test_the_machine_s_own_zone_without_a_setting() -> None:
    schedule = Schedule.of({"TIMEZONE": "", "BACKUP_HOUR": 4, "BACKUP_MINUTE": 5})
    local = datetime.fromtimestamp(schedule.last_due(datetime.now(UTC).timestamp())).astimezone()
    assert (local.hour, local.minute) == (4, 5)
