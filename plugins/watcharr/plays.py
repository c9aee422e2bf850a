"""Which of the activities that Watcharr keeps of a title are occasions on which it was watched."""

from collections.abc import Iterator
from typing import Any

from movietracker.pluginapi import JsonRow, when_watched

_IMPORTED_DATES = "IMPORTED_ADDED_WATCHED"
_CHANGES = ("ADDED_WATCHED", "STATUS_CHANGED", "STATUS_CHANGED_AUTO")
_FINISHED = "FINISHED"


def plays_of(row: JsonRow) -> Iterator[tuple[str, dict[str, Any]]]:
    """The activity's id and when it was; the date that the user set comes before that of the activity."""
    for activity in row.rows("activity"):
        if not activity.get("deletedAt") and _is_play(activity):
            moment = when_watched(activity.text("customDate")) or when_watched(activity.text("createdAt"))
            yield activity.text("id"), moment


def _is_play(activity: JsonRow) -> bool:
    """Newer exports mark plays; in older ones they are changes to "finished" and dates brought from elsewhere."""
    kind = activity.text("type")
    if kind.startswith(("SEASON_", "EPISODE_")):
        return False
    if (marked := activity.get("countAsPlay")) is not None:
        return marked is True
    if kind.startswith(_IMPORTED_DATES):
        return bool(activity.get("customDate"))
    return kind in _CHANGES and _FINISHED in activity.text("data")
