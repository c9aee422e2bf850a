"""What users of the machine can do: a small universe, so that they meet."""

from typing import Any

from hypothesis import strategies as st

TITLES = ("tt0000001", "tt0000002", "tt0000003")
NAMES = ("Anna", "Ben", "Cleo")
SPELLINGS = (*NAMES, "ANNA")
LISTS = ("l1", "l2")

titles = st.sampled_from(TITLES)
names = st.sampled_from(SPELLINGS)
lists = st.sampled_from(LISTS)
ratings = st.sampled_from([3.0, 7.0])
dates = st.sampled_from([1000.0, 2000.0, 1e10])
colors = st.sampled_from(["red", "blue"])
looks = st.one_of(
    st.fixed_dictionaries({"color": colors}),
    st.fixed_dictionaries({"is_trusted": st.booleans()}),
    st.fixed_dictionaries({"new_name": names}),
    st.fixed_dictionaries({"new_name": names, "color": colors}),
)


def _action(name: str, *parts: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    def join(given: tuple[dict[str, Any], ...]) -> tuple[str, dict[str, Any]]:
        return name, {key: value for part in given for key, value in part.items()}

    return st.tuples(*parts).map(join)


def _with(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


_title = _with(imdb_id=titles)
_voter = _with(person_name=names)
_person = _with(name=names)
_status = st.one_of(
    _with(status=st.sampled_from(["toWatch", "watched", "deleted"])),
    _with(status=st.just("custom"), custom_list_id=lists),
)

actions: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    _action("addMovie", _title, st.one_of(st.just({}), _with(recommender=names))),
    _action("addRecommendation", _title, _voter, _with(vote_type=st.booleans())),
    _action("removeRecommendation", _title, _voter),
    _action("updateRecommendation", _title, _voter, _with(vote_type=st.booleans())),
    _action("updateMovieStatus", _title, _status),
    _action("watchMovie", _title, _with(my_rating=ratings), st.one_of(st.just({}), _with(date_watched=dates))),
    _action("updateRating", _title, _with(my_rating=ratings)),
    _action("addPerson", _person, st.one_of(st.just({}), _with(color=colors))),
    _action("updatePerson", _person, looks),
    _action("deletePerson", _person),
    _action("mergePeople", _person, _with(into=names)),
    _action("addList", _with(id=lists, name=st.sampled_from(["Shelf", "Row"]))),
    _action("updateList", _with(id=lists, color=colors)),
    _action("deleteList", _with(id=lists)),
)
"""An action's name and its data."""
