"""The devices of the machine: those of ../devices.py, and what their users had seen when they acted."""

from dataclasses import dataclass, field
from typing import Any

from sync.devices import OldPhone, Phone, Refused
from sync.wire import Json, Store

from .choices import NEWEST, VIEWINGS
from .records import same
from .traffic import Amid, Told
from .world import World

NAMING = ("addPerson", "deletePerson", "mergePeople", "updatePerson")


@dataclass
class Gadget(Phone):
    """A device of today that also remembers which commit each action was made upon, for the model."""

    user: str = ""
    shown: int | None = None
    seen: dict[str, int | None] = field(default_factory=dict)
    meant: dict[str, int | None] = field(default_factory=dict)
    paging: list[Json] = field(default_factory=list)

    def act(self, what: str, /, *, on_record: bool = False, **data: Any) -> None:
        """Queue an action; its base is the record's number, or that of all that the device shows."""
        data = _with_viewing(self.store, data)
        of = ("movies", data["imdb_id"]) if on_record and "imdb_id" in data and not _names_somebody(data) else None
        meant = self._meant(data)
        item = self.do(what, of, **data)
        self.seen[item] = self.shown
        self.meant[item] = meant

    def _meant(self, data: Json) -> int | None:
        """Whom the user sees under the name in the data; None where the device's own queue may have moved names."""
        name = data.get("person_name") or data.get("recommender") or data.get("name")
        if self.rev is None or any(item["action"] in NAMING or _names_somebody(item["data"]) for item in self.queue):
            return None
        return next(
            (person["id"] for person in self.store.people.values() if name and same(person["name"], name)), None
        )

    def told(self, *, count: int | None = None, atomic: bool = False, is_single: bool = False) -> Told:
        """The push of the queue, or of its beginning."""
        body = self.request()
        body["actions"] = [dict(item) for item in body["actions"][:count]]
        if atomic:
            body["atomic"] = True
        ids = [item["id"] for item in body["actions"]]
        return Told(self.user, body, [self.seen[each] for each in ids], [self.meant[each] for each in ids], is_single)

    def show(self, pages: list[Json], is_full: bool) -> None:
        """Take in a whole pull."""
        super().show(pages, is_full)
        self.paging = []

    def pages(self, world: World, limit: int) -> None:
        """Pull to the end, page by page."""
        while not self.page(world, limit):
            pass

    def page(self, world: World, limit: int, amid: Amid | None = None) -> bool:
        """Pull one page more, and return whether the pull is at its end. After a 410 everything is fetched anew."""
        cursor = self.paging[-1]["cursor"] if self.paging else self.cursor
        response = world.page(self.user, cursor, limit, amid)
        if response.status_code == 410:
            self.refuse(world, Refused(response.json))
            return True
        self.paging.append(response.json)
        assert len(self.paging) < 500
        if response.json["has_more"]:
            return False
        self.shown = world.libraries[self.user].history.ending_at(response.json["rev"]).uid
        self.show(self.paging, any(page["full_sync"] for page in self.paging))
        if amid is None:
            assert self.store == world.stores[self.user], "a complete pull gives the server's state exactly"
        return True

    def refuse(self, world: World, refused: Refused) -> None:
        """Do what a 410 says."""
        self.refusals.append(refused.code)
        self.cursor, self.paging = None, []
        self.pages(world, 100)
        for item in self.queue:
            if refused.policy == "upload_differences" and "base_rev" in item:
                item["base_rev"] = self.rev
                self.seen[item["id"]] = self.shown

    def hear(self, world: World, told: Told, response: Any) -> None:
        """Take in the answer to a push; None when there was none."""
        if response is None:
            return
        if response.status_code == 410:
            self.refuse(world, Refused(response.json))
        elif not told.is_single:
            self.learn(told.body, response.json)
        else:
            self.learn(told.body, {**response.json, "results": [response.json]})


@dataclass
class OldGadget(OldPhone):
    """A device of the older generation; ``limit`` makes it pull in pages, by offset."""

    user: str = ""
    limit: int | None = None
    offset: int = 0
    pages: list[Json] = field(default_factory=list)

    def act(self, what: str, /, *, on_record: bool = False, **data: Any) -> None:
        """Queue an action."""
        self.do(what, **_with_viewing(self.store, data))

    def told(self, *, count: int | None = None, atomic: bool = False, is_single: bool = False) -> Told:
        """The push of the queue, or of its beginning."""
        items = [dict(item) for item in self.queue[:count]]
        return Told(self.user, {"actions": items}, [None] * len(items), [None] * len(items), is_single)

    def hear(self, world: World, told: Told, response: Any) -> None:
        """Take in the answer to a push."""
        if response is not None:
            del self.queue[: len(told.body["actions"])]

    def pull_all(self, world: World, amid: Amid | None = None) -> None:
        """Pull to the end."""
        if self.limit is None:
            expected = world.libraries[self.user].history.is_full(self.since, world.clock.now)
            with world.interrupted(amid):
                answer = self.wire.get("/api/sync", since=repr(self.since)).json
            assert expected is None or answer["full_sync"] == expected, "gives everything only where it must"
            self.merge(answer)
            self._arrive(world, answer, amid)
        else:
            while not self.page(world, amid):
                amid = None

    def page(self, world: World, amid: Amid | None = None) -> bool:
        """Pull one page more, and return whether the pull is at its end."""
        query = {"since": repr(self.since), "limit": self.limit or 2, "offset": self.offset}
        with world.interrupted(amid):
            answer = self.wire.get(**query).json
        self.pages.append(answer)
        assert len(self.pages) < 500
        if answer["has_more"]:
            self.offset = answer["next_offset"]
            return False
        self._show(answer["full_sync"])
        self._arrive(world, answer, amid)
        return True

    def _show(self, is_full: bool) -> None:
        if is_full:
            self.store = Store()
        for page in self.pages:
            self.store.merge(page)
        self.offset, self.pages = 0, []

    def _arrive(self, world: World, answer: Json, amid: Amid | None) -> None:
        self.since = answer["timestamp"]
        if amid is None:
            assert self.store == world.stores[self.user], "a complete pull gives the server's state exactly"


def _with_viewing(store: Store, data: Json) -> Json:
    """The data with the id of the newest viewing that is shown, where that is meant."""
    if data.get("id") != NEWEST:
        return data
    shown = store.movies.get(data["imdb_id"], {"viewings": []})["viewings"]
    return {**data, "id": shown[0]["id"] if shown else VIEWINGS[0]}


def _names_somebody(data: Json) -> bool:
    return any(key in data for key in ("person_name", "recommender", "new_name"))
