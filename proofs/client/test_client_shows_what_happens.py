"""What a device shows before the server has answered is what the server then makes of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from client.devices import assert_in_step
from hypothesis import given, note
from hypothesis import strategies as st
from support.effort import thorough

from movietracker.client.ranking import in_order

from .implementations import Device

THREE = ["tt0000001", "tt0000002", "tt0000003"]
MOVIES = st.sampled_from(THREE)
NAMES = st.sampled_from(["Alma", "\u00e1lma", "Bert", "BERT", "Cleo", "Random Person"])
LISTS = st.sampled_from(["list-1", "list-2"])
RATINGS = st.sampled_from([1.0, 7.5, 10.0])
COLORS = st.sampled_from(["#0a84ff", "#ff0000"])
STATUSES = st.sampled_from(["toWatch", "watched", "deleted"])
NOTES = st.sampled_from([None, "", "loud"])
TIMES = st.sampled_from([1000.0, 2000.0])
NEW_VIEWINGS = st.uuids(version=4).map(str)
NEWEST = "the newest viewing that the device shows"
TAGS = st.sampled_from(["noir", "Noir", "NO\u00cdR", "loud"])
FIELDS = {"watched_on": st.sampled_from([None, "1970", "1999-06"]), "note": NOTES, "rating": st.none() | RATINGS}

Opens = Callable[[], AbstractContextManager[Device]]


def data(*required: tuple[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(dict(required), optional=optional)


MOVIE, PERSON, LIST = ("imdb_id", MOVIES), ("person_name", NAMES), ("id", LISTS)
LOOKS = {"color": COLORS, "emoji": st.sampled_from([None, "🌱"]), "is_trusted": st.booleans()}

DATA = {
    "addMovie": data(MOVIE, recommender=NAMES, note=NOTES, media_type=st.sampled_from(["movie", "tv"])),
    "addRecommendation": data(MOVIE, PERSON, vote_type=st.booleans(), note=NOTES, date_recommended=TIMES),
    "removeRecommendation": data(MOVIE, PERSON),
    "updateRecommendation": st.one_of(
        data(MOVIE, PERSON, ("vote_type", st.booleans()), note=NOTES), data(MOVIE, PERSON, ("note", NOTES))
    ),
    "updateMovieStatus": st.one_of(
        data(MOVIE, ("status", STATUSES)), data(MOVIE, ("status", st.just("custom")), ("custom_list_id", LISTS))
    ),
    "watchMovie": data(MOVIE, my_rating=st.none() | RATINGS, date_watched=TIMES),
    "addViewing": data(MOVIE, ("id", NEW_VIEWINGS), **FIELDS, watched_at=st.none() | TIMES),
    "updateViewing": data(MOVIE, ("id", st.just(NEWEST)), **FIELDS, watched_at=st.none() | TIMES),
    "removeViewing": data(MOVIE, ("id", st.just(NEWEST))),
    "updateRating": data(MOVIE, ("my_rating", st.none() | RATINGS)),
    "updateLiked": data(MOVIE, ("liked", st.booleans())),
    "addTag": data(MOVIE, ("tag", TAGS)),
    "removeTag": data(MOVIE, ("tag", TAGS)),
    "rankMovie": data(MOVIE, ("liked", st.booleans()), ("after", st.none() | MOVIES)),
    "unrankMovie": data(MOVIE),
    "addPerson": data(("name", NAMES), **LOOKS),
    "updatePerson": data(("name", NAMES), new_name=NAMES, **LOOKS),
    "deletePerson": data(("name", NAMES)),
    "mergePeople": data(("name", NAMES), ("into", NAMES)),
    "addList": data(LIST, ("name", NAMES), color=COLORS, position=st.integers(0, 3)),
    "updateList": data(LIST, name=NAMES, icon=st.sampled_from(["list", "star"])),
    "deleteList": data(LIST),
}

Actions = list[tuple[str, dict[str, Any]]]


def some(*names: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.one_of(st.tuples(st.just(name), DATA[name]) for name in names)


def after(first: Actions, *names: str) -> st.SearchStrategy[Actions]:
    """Some actions of these names where they matter."""
    return st.lists(some(*names), min_size=1, max_size=8).map(lambda actions: [*first, *actions])


ACTIONS = some(*DATA)
WATCHED: Actions = [("watchMovie", {"imdb_id": each}) for each in THREE]
RANKED: Actions = [
    *WATCHED,
    *(
        ("rankMovie", {"imdb_id": each, "liked": True, "after": last})
        for last, each in zip((None, *THREE), THREE, strict=False)
    ),
]
RECOMMENDED: Actions = [
    ("addRecommendation", {"imdb_id": each, "person_name": name, "note": f"{name} said so"})
    for each in THREE
    for name in ("Alma", "Bert", "Cleo")
]
ROUNDS = st.one_of(
    st.lists(rounds, min_size=1, max_size=3)
    for rounds in (
        st.lists(ACTIONS, min_size=1, max_size=12),
        after(RANKED, "rankMovie", "unrankMovie"),
        after(WATCHED, "addViewing", "updateViewing", "removeViewing", "updateRating", "watchMovie"),
        after(RECOMMENDED, "mergePeople", "updatePerson", "deletePerson", "updateRecommendation"),
    )
)


def act(device: Device, action: str, values: dict[str, Any]) -> str | None:
    """Queue an action, and return its id; the newest viewing has the id that the device shows, or none yet."""
    if values.get("id") == NEWEST:
        shown = device.library().movies.get(values["imdb_id"], {"viewings": []})["viewings"]
        if not shown or shown[0]["id"] is None:
            return None
        values = {**values, "id": shown[0]["id"]}
    return device.do(action, values)


def placed(device: Device, values: dict[str, Any]) -> dict[str, Any]:
    """The same; a place after a title that is not in the group is the first one, since only the server knows it."""
    if values.get("after"):
        group = in_order(device.library().movies, liked=values["liked"])
        return {**values, "after": values["after"] if values["after"] in [each["imdb_id"] for each in group] else None}
    return values


def visible(device: Device) -> dict[str, Any]:
    """What the user sees, without ids, numbers and times that only the server can give."""
    library = device.library()
    movies = {
        imdb_id: {
            "status": (movie["status"], movie["custom_list_id"]),
            "rating": movie["my_rating"],
            "marks": (movie["liked"], movie["tags"]),
            "watched": movie["watch_history"] and (movie["watch_history"]["my_rating"]),
            "viewings": [{name: viewing[name] for name in (*FIELDS, "watched_at")} for viewing in movie["viewings"]],
            "votes": {vote["person_name"]: (vote["vote_type"], vote["note"]) for vote in movie["recommendations"]},
        }
        for imdb_id, movie in library.movies.items()
    }
    ranked = [[movie["imdb_id"] for movie in in_order(library.movies, liked=liked)] for liked in (True, False)]
    people = {name: (each["color"], each["emoji"], each["is_trusted"]) for name, each in library.people.items()}
    lists = {key: (each["name"], each["color"], each["icon"], each["position"]) for key, each in library.lists.items()}
    return {"movies": movies, "people": people, "lists": lists, "ranked": ranked}


@pytest.mark.parametrize("implementations", ["Python", "web"], indirect=True)
@thorough(40)
@given(rounds=ROUNDS)
def test_what_is_shown_before_the_answer_is_what_is_shown_after_it(rounds: list[Actions], new_device: Opens) -> None:
    with new_device() as device:
        device.pull()
        for actions in rounds:
            for action, values in actions:
                act(device, action, placed(device, values))
            before = visible(device)
            device.push()
            note(str([(report["action"], report["code"]) for report in device.rejections]))
            assert {report["code"] for report in device.conflicts} <= {"deleted"}  # it was about what is gone
            assert visible(device) == before
            device.pull()
            assert visible(device) == before
            assert_in_step(device)
