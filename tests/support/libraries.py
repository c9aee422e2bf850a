"""Libraries of all sorts, made up by Hypothesis and built through the services."""

from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from hypothesis import strategies as st

from movietracker.models.movie import Vote, Watch
from movietracker.schemas.values import MAX_NAME_LENGTH, is_unseen, normal_form
from movietracker.services import lists, movies, people, ranking
from movietracker.services.accounts import Account
from movietracker.services.movies.metadata import Metadata
from movietracker.services.people import QUICK_RECOMMENDERS
from movietracker.services.transactions import library_write

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
NAMES = (
    st.one_of(
        st.sampled_from(
            [
                "Anna",
                "anna",
                "\u00c1NNA",
                "Ben/Bob",
                "Zo\u00eb",
                "日本",
                "\\u0041",
                '"',
                "Google Search",
                "Random Person",
            ]
        ),
        st.text(_CHARACTERS, min_size=1, max_size=12),
    )
    .map(normal_form)
    .filter(lambda name: 0 < len(name) <= MAX_NAME_LENGTH)
)
TEXTS = st.text(_CHARACTERS, min_size=1, max_size=8)
MOMENTS = st.one_of(
    st.sampled_from([0.0, 1.0, 1e10, 1_600_000_000.000001]), st.floats(0, 1e10, allow_nan=False, allow_subnormal=False)
)
PAST_MOMENTS = st.one_of(st.sampled_from([0.0, 1_600_000_000.000001]), st.floats(0, 1.7e9, allow_subnormal=False))
TAGS = st.one_of(
    st.sampled_from(["Noir", "noir", "N\u00d3IR", "a:b", "a/b"]), NAMES.filter(lambda tag: not is_unseen(tag))
)
NOTES = st.one_of(st.none(), TEXTS.map(str.strip))
RATINGS = st.one_of(st.none(), st.floats(1, 10, allow_nan=False))

Json = dict[str, Any]


@dataclass
class MadeMovie:
    """A title: ``votes`` are (whose number, date, for, note), ``on_list`` is a list's number.

    ``viewings`` are what was said of each, ``rating`` what is thought of it now if that is another thing; ``rank`` is
    whether it was liked, and its position when it was ranked.
    """

    media_type: str
    status: str
    on_list: int
    watch: tuple[float, float | None] | None
    viewings: list[Json]
    rating: tuple[float | None] | None
    votes: list[tuple[int, float, bool, str | None]]
    rank: tuple[bool, int] | None
    liked: bool
    tags: list[str]


@dataclass
class MadeLibrary:
    """What to build: people by name, quick recommenders' new looks, lists and titles."""

    people: dict[str, Json]
    quick: dict[str, Json]
    lists: list[Json]
    movies: dict[str, MadeMovie] = field(default_factory=dict)

    def build(self, user: Account) -> None:
        """Put it all into an account, as its user would have done it."""
        with library_write(user.id) as tx:
            ids = {
                recommender["name"]: people.find_person(tx, recommender["name"]) for recommender in QUICK_RECOMMENDERS
            }
            taken, changes = set(self.people), {}
            for recommender in QUICK_RECOMMENDERS:
                look = dict(self.quick.get(recommender["quick_key"], {}))
                wanted = look.pop("name", recommender["name"])
                more = (f"{wanted[:190]} {number}" for number in count(2))
                name = next(each for each in chain((wanted, recommender["name"]), more) if each not in taken)
                taken.add(name)
                changes[ids[recommender["name"]]] = look | {"name": name}
            people.update_people(tx, changes)  # together, since they may have taken each other's names
            # As in libraries from before names were compared without case, Anna and anna may be two.
            others = [people.add_people(tx, [{"name": name, **look}])[0] for name, look in self.people.items()]
            voters = [*ids.values(), *others]
            # Made one after the other, since that orders lists that are otherwise alike.
            list_ids = [lists.add_list(tx, **each, created_at=1e9 + at) for at, each in enumerate(self.lists)]
            for imdb_id, made in self.movies.items():
                movies.ensure_movie(tx, imdb_id, Metadata(made.media_type))
                for number, *vote in made.votes:
                    movies.recommend(tx, imdb_id, voters[number % len(voters)], Vote(*vote))
                if made.watch is not None:
                    movies.watch(tx, imdb_id, Watch(*made.watch))
                for viewing in made.viewings:
                    movies.add_viewing(tx, imdb_id, viewing)
                if made.rating is not None:
                    movies.rate(tx, imdb_id, *made.rating)
                movies.like(tx, imdb_id, made.liked)
                for tag in made.tags:
                    movies.add_tag(tx, imdb_id, tag)
                if made.rank is not None:
                    movies.set_status(tx, imdb_id, "watched")
                    liked, position = made.rank
                    compared = [{"winner": imdb_id, "loser": next(iter(self.movies))}] * (position % 2)
                    ranking.insert(tx, imdb_id, liked, position, compared)
                on_list = list_ids[made.on_list % len(list_ids)] if list_ids else None
                status = "toWatch" if made.status == "custom" and on_list is None else made.status
                movies.set_status(tx, imdb_id, status, on_list)


LOOKS = st.fixed_dictionaries(
    {}, optional={"is_trusted": st.booleans(), "color": TEXTS, "emoji": st.one_of(st.none(), TEXTS)}
)
_QUICK = st.dictionaries(
    st.sampled_from([recommender["quick_key"] for recommender in QUICK_RECOMMENDERS]),
    st.tuples(LOOKS, st.fixed_dictionaries({}, optional={"name": NAMES})).map(lambda parts: parts[0] | parts[1]),
)
_LISTS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES}, optional={"color": TEXTS, "icon": TEXTS, "position": st.integers(-(2**31), 2**31 - 1)}
    ),
    max_size=4,
)
_VIEWINGS = st.fixed_dictionaries(
    {},
    optional={
        "rating": RATINGS,
        "note": NOTES,
        "watched_on": st.one_of(st.none(), st.sampled_from(["1931", "1999-02", "2024-02-29"])),
    },
) | st.fixed_dictionaries({"watched_at": st.floats(-3e9, 1.7e9).map(lambda moment: moment + 0.0)})  # no -0.0
_MOVIES = st.dictionaries(
    st.integers(1, 10**9).map(lambda number: f"tt{number:07}"),
    st.builds(
        MadeMovie,
        st.sampled_from(["movie", "tv"]),
        st.sampled_from(["toWatch", "watched", "deleted", "custom"]),
        st.integers(0, 3),
        st.one_of(st.none(), st.tuples(PAST_MOMENTS, RATINGS)),
        st.lists(_VIEWINGS, max_size=3),
        st.one_of(st.none(), st.tuples(RATINGS)),
        st.lists(st.tuples(st.integers(0, 8), MOMENTS, st.booleans(), NOTES), max_size=4),
        st.one_of(st.none(), st.tuples(st.booleans(), st.integers(1, 6))),
        st.booleans(),
        st.lists(TAGS, max_size=3),
    ),
    max_size=6,
)
LIBRARIES = st.builds(MadeLibrary, st.dictionaries(NAMES, LOOKS, max_size=5), _QUICK, _LISTS, _MOVIES)
