"""The web app beside the devices: writes of the REST API on the same library, by somebody who sees what there is."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from . import ranking, viewings
from .choices import colors, lists, names, notes, pairs, positions, ratings, said_of_viewings, titles
from .choices import viewings as viewing_ids
from .model import Library
from .names import todays_bearer
from .records import Doing, Rejected
from .rules import SyncMachine

Model = Callable[[Library, Doing], None]


class RestMachine(SyncMachine):
    """The machine with a web app."""

    def rest(self, method: str, path: str, body: Any, model: Model) -> None:
        """A write of Anna's in the web app."""
        self.world.rest(self.anna, (method, f"/api/{path}", body), model)

    def set_status(self, imdb_id: str, status: str) -> None:
        """What became of a title."""

        def model(library: Library, doing: Doing) -> None:
            library.set_status(doing, imdb_id, status, None)

        self.rest("PUT", f"movies/{imdb_id}/status", {"status": status}, model)

    def remove(self, kind: str, record: Any) -> None:
        """A record goes for good, by the web app or the operator."""
        if kind == "movies":
            self.world.remove_title(self.anna, record["imdb_id"])
        elif kind == "people":
            self.a_person_is_deleted(record["name"])
        else:
            path = f"lists/{record['id']}"
            self.rest("DELETE", path, None, lambda library, doing: library.delete_list(doing, record["id"]))

    def a_person_is_deleted(self, name: str) -> None:
        """Whoever has this name."""
        self.rest("DELETE", f"people/{name}", None, lambda of, doing: of.delete_person(doing, _person(of, name)))

    @rule(imdb_id=titles, status=st.sampled_from(["toWatch", "watched", "deleted"]))
    def a_status_is_set_by_rest(self, imdb_id: str, status: str) -> None:
        """By somebody who sees what there is."""
        self.set_status(imdb_id, status)

    @rule(imdb_id=titles, date=st.sampled_from([None, 3000.0]), rating=st.one_of(st.none(), ratings))
    def a_title_is_watched_by_rest(self, imdb_id: str, date: float | None, rating: float | None) -> None:
        """With a date, a rating, both or none."""
        body = {"date_watched": date, "my_rating": rating}
        self.rest(
            "PUT", f"movies/{imdb_id}/watch", body, lambda of, doing: viewings.watch(of, doing, imdb_id, date, rating)
        )

    @rule(imdb_id=titles, rating=st.one_of(st.none(), ratings))
    def a_title_is_rated_by_rest(self, imdb_id: str, rating: float | None) -> None:
        """Or its rating is taken away."""
        body = {"my_rating": rating}
        self.rest("PUT", f"movies/{imdb_id}/rating", body, lambda of, doing: viewings.rate(of, doing, imdb_id, rating))

    @rule(imdb_id=titles, viewing_id=viewing_ids, said=said_of_viewings)
    def a_viewing_is_added_by_rest(self, imdb_id: str, viewing_id: str, said: dict[str, Any]) -> None:
        """With an id that may be another's."""
        body = {**said, "id": viewing_id}
        self.rest("POST", f"movies/{imdb_id}/viewings", body, lambda of, doing: viewings.add(of, doing, imdb_id, body))

    @rule(imdb_id=titles, viewing_id=viewing_ids, said=said_of_viewings)
    def a_viewing_is_changed_by_rest(self, imdb_id: str, viewing_id: str, said: dict[str, Any]) -> None:
        """In any of its fields."""

        def model(library: Library, doing: Doing) -> None:
            viewings.change(library, doing, imdb_id, {**said, "id": viewing_id})

        self.rest("PUT", f"movies/{imdb_id}/viewings/{viewing_id}", said, model)

    @rule(imdb_id=titles, viewing_id=viewing_ids)
    def a_viewing_is_removed_by_rest(self, imdb_id: str, viewing_id: str) -> None:
        """For good."""

        def model(library: Library, doing: Doing) -> None:
            viewings.remove(library, doing, imdb_id, viewing_id)

        self.rest("DELETE", f"movies/{imdb_id}/viewings/{viewing_id}", None, model)

    @rule(
        imdb_id=titles, liked=st.booleans(), position=positions, told=st.one_of(st.none(), pairs), again=st.booleans()
    )
    def a_title_is_ranked_by_rest(
        self, imdb_id: str, liked: bool, position: int, told: list[dict[str, str]] | None, again: bool
    ) -> None:
        """At a position, for the first time or again."""
        body = {"imdb_id": imdb_id, "liked": liked, "position": position, "comparisons": told}

        def model(library: Library, doing: Doing) -> None:
            if any(pair["winner"] == pair["loser"] for pair in told or ()):
                raise Rejected("validation_error")
            ranking.insert(library, doing, body, again=again)

        method, path = ("PUT", f"ranking/{imdb_id}") if again else ("POST", "ranking/insert")
        self.rest(method, path, body, model)

    @rule(imdb_id=titles)
    def a_title_is_taken_out_of_the_ranking_by_rest(self, imdb_id: str) -> None:
        """If it is shown there."""
        self.rest("DELETE", f"ranking/{imdb_id}", None, lambda of, doing: ranking.unrank(of, doing, imdb_id))

    @rule(imdb_id=titles, name=names, is_up=st.booleans(), note=notes)
    def a_title_is_recommended_by_rest(self, imdb_id: str, name: str, is_up: bool, note: str | None) -> None:
        """By somebody who may be new."""
        said = {"person_name": name, "vote_type": is_up, "note": note}

        def model(library: Library, doing: Doing) -> None:
            person = todays_bearer(library, name)
            person = library.add_person(doing, name) if person is None else person
            library.recommend(doing, imdb_id, person, said)

        self.rest("POST", f"movies/{imdb_id}/recommendations", said, model)

    @rule(old=names, new=names, color=colors)
    def a_person_is_changed_by_rest(self, old: str, new: str, color: str) -> None:
        """If they are there and the new name is free."""

        def model(library: Library, doing: Doing) -> None:
            person = _person(library, old)
            library.rename(doing, person, new)
            library.set_field(doing, library.people[person], "color", color)

        self.rest("PUT", f"people/{old}", {"name": new, "color": color}, model)

    @rule(name=names, into=names)
    def a_person_is_merged_by_rest(self, name: str, into: str) -> None:
        """If both are there, and two."""

        def model(library: Library, doing: Doing) -> None:
            stays, goes = _person(library, into), _person(library, name)
            if goes == stays:
                raise Rejected("validation_error")
            library.merge(doing, goes, stays)

        self.rest("POST", f"people/{name}/merge", {"into": into}, model)

    @rule(name=names)
    def a_person_is_deleted_by_rest(self, name: str) -> None:
        """If they are there."""
        self.a_person_is_deleted(name)

    @rule(list_id=lists)
    def a_list_is_deleted_by_rest(self, list_id: str) -> None:
        """If it is there."""
        if list_id in self.world.libraries[self.anna].shelves:
            self.remove("lists", {"id": list_id})


def _person(library: Library, name: str) -> int:
    person = todays_bearer(library, name)
    if person is None:
        raise Rejected("person_not_found")
    return person
