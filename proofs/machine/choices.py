"""What users of the machine can do: a small universe, so that they meet."""

from typing import Any

from hypothesis import strategies as st

TITLES = ("tt0000001", "tt0000002", "tt0000003")
NAMES = ("Anna", "Ben", "Cleo")
SPELLINGS = (*NAMES, "anna", "\u00c1nna")
QUICK = "Random Person"
LISTS = ("l1", "l2")
VIEWINGS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
NEWEST = "the newest viewing that the device shows"

titles = st.sampled_from(TITLES)
names = st.sampled_from(SPELLINGS)
lists = st.sampled_from(LISTS)
ratings = st.sampled_from([3.0, 7.0])
TO_COME = 1_600_108_000.0  # a little more than a day after the clock at the beginning
dates = st.sampled_from([1000.0, 2000.0, TO_COME, 1e10])
viewings = st.sampled_from(VIEWINGS)
notes = st.sampled_from([None, "", "loud", "soft"])
positions = st.integers(1, 4)
places = st.sampled_from([None, *TITLES])
pairs = st.lists(st.fixed_dictionaries({"winner": titles, "loser": titles}), max_size=2)
tags = st.sampled_from(["noir", "Noir", "noir:"])
colors = st.sampled_from(["red", "blue"])
looks = st.one_of(
    st.fixed_dictionaries({"color": colors}),
    st.fixed_dictionaries({"is_trusted": st.booleans()}),
    st.fixed_dictionaries({"new_name": names}),
    st.fixed_dictionaries({"new_name": names, "color": colors}),
)


said_of_viewings = st.fixed_dictionaries(
    {},
    optional={
        "watched_on": st.sampled_from([None, "1970", "1970-01-02", "2019-02", "2400"]),
        "watched_at": st.sampled_from([None, 1000.0, 1.1e9, 1.551e9, TO_COME]),
        "rating": st.sampled_from([None, 3.0, 7.0]),
        "note": notes,
    },
)


def _action(name: str, *parts: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    def join(given: tuple[dict[str, Any], ...]) -> tuple[str, dict[str, Any]]:
        return name, {key: value for part in given for key, value in part.items()}

    return st.tuples(*parts).map(join)


def _with(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def _maybe(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


_title = _with(imdb_id=titles)
_voter = _with(person_name=names)
_said = _maybe(vote_type=st.booleans(), note=notes)
_viewing = _with(id=st.one_of(viewings, st.just(NEWEST)))
_person = _with(name=names)
_anybody = st.one_of(names, st.just(QUICK))
_status = st.one_of(
    _with(status=st.sampled_from(["toWatch", "watched", "deleted"])),
    _with(status=st.just("custom"), custom_list_id=lists),
)

actions: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    _action("addMovie", _title, st.one_of(st.just({}), _with(recommender=names), _with(recommender=names, note=notes))),
    _action("addRecommendation", _title, _voter, _said, _maybe(date_recommended=dates)),
    _action("removeRecommendation", _title, _voter),
    _action("updateRecommendation", _title, _voter, st.one_of(_with(vote_type=st.booleans()), _with(note=notes))),
    _action("updateMovieStatus", _title, _status),
    _action("watchMovie", _title, _maybe(my_rating=st.one_of(st.none(), ratings), date_watched=dates)),
    _action("addViewing", _title, _with(id=viewings), said_of_viewings),
    _action("updateViewing", _title, _viewing, said_of_viewings),
    _action("removeViewing", _title, _viewing),
    _action("updateRating", _title, _with(my_rating=st.one_of(st.none(), ratings))),
    _action("updateLiked", _title, _with(liked=st.booleans())),
    _action("addTag", _title, _with(tag=tags)),
    _action("removeTag", _title, _with(tag=tags)),
    _action("rankMovie", _title, _with(liked=st.booleans(), after=places), _maybe(comparisons=pairs)),
    _action("unrankMovie", _title),
    _action("addPerson", _person, st.one_of(st.just({}), _with(color=colors))),
    _action("updatePerson", _person, looks),
    _action("deletePerson", _person),
    _action("mergePeople", _with(name=_anybody), _with(into=_anybody)),
    _action("addList", _with(id=lists, name=st.sampled_from(["Shelf", "Row"]))),
    _action("updateList", _with(id=lists, color=colors)),
    _action("deleteList", _with(id=lists)),
)
"""An action's name and its data."""
