"""Deep situations, set up at once: single random steps find only two thirds of the deep defects.

Each is a rule of the machine like the single steps, which may happen before, between and after them.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .choices import LISTS, NAMES, TITLES, ratings
from .devices import Gadget
from .history import HORIZON
from .rest import RestMachine
from .traffic import Told

ANOTHER = "Dora"
SHELF = {"id": LISTS[0], "name": "Shelf"}

statements = st.integers(0, 14)
kinds = st.sampled_from(["people", "lists", "movies"])
steps_of_a_clock = st.sampled_from([0.0, 1.5, -3600.0])


class MacroMachine(RestMachine):
    """The machine with all that is known to be deep."""

    # Helpers

    def settle(self, *devices: Any) -> None:
        """These have sent all that they had, and have everything."""
        for device in devices:
            for _ in range(3):
                if device.queue:
                    self.send(device)
            self.fetch(device)

    def do(self, device: Any, what: str, /, **data: Any) -> None:
        """A device does something and sends it at once; it does not pull."""
        self.clock.now += 1.5
        device.act(what, **data)
        self.send(device)

    def furnish(self, device: Any) -> None:
        """The two first names, a list and a title are there."""
        self.settle(device)
        for name in NAMES[:2]:
            self.do(device, "addPerson", name=name)
        self.do(device, "addList", **SHELF)
        self.do(device, "addRecommendation", imdb_id=TITLES[0], person_name=NAMES[0], vote_type=True)
        self.settle(device)

    def change_every_title(self) -> None:
        """In the web app: each title that there is gets the last numbers."""
        for imdb_id in TITLES:
            title = self.world.libraries[self.anna].titles.get(imdb_id)
            status = "toWatch" if title is not None and title.status == "watched" else "watched"
            self.set_status(imdb_id, status)

    # Pulls that something happens to

    @rule(kind=kinds, limit=st.integers(1, 3))
    def what_a_first_pull_has_given_is_deleted_before_its_next_page(self, kind: str, limit: int) -> None:
        """The device must hear of it, though it is not done with its first pull."""
        phone, other = self.phones[:2]
        self.furnish(other)
        phone.cursor, phone.paging = None, []
        while not phone.page(self.world, limit):
            given = [record for page in phone.paging for record in page[kind] if not record.get("quick_key")]
            if given:
                self.remove(kind, given[0])
                break
        phone.pages(self.world, limit)

    @rule(is_first=st.booleans(), grows=st.integers(0, 2), has_pulled=st.booleans())
    def the_server_is_restored_between_two_pages(self, is_first: bool, grows: int, has_pulled: bool) -> None:
        """The place of the page is of both histories, what it skipped is not."""
        phone = self.phones[0]
        self.furnish(phone)
        if is_first:
            phone.cursor = None
        if has_pulled:
            phone.page(self.world, 2)
        kept = self.world.backup()
        self.change_every_title()
        phone.page(self.world, 1)
        self.restore(kept)
        for _ in range(grows):
            self.change_every_title()
        phone.pages(self.world, 1)

    @rule(grows=st.integers(0, 2), has_acknowledged=st.booleans(), has_pulled=st.booleans())
    def the_server_is_restored_to_before_a_device_pulled_or_pushed(
        self, grows: int, has_acknowledged: bool, has_pulled: bool
    ) -> None:
        """What it holds, queues and believes acknowledged is of the lost history, though the numbers grow past it."""
        phone = self.phones[0]
        self.furnish(phone)
        kept = self.world.backup()
        self.change_every_title()
        if has_pulled:
            self.fetch(phone)
        if has_acknowledged:
            self.do(phone, "addMovie", imdb_id=TITLES[2])
        phone.act("updateMovieStatus", on_record=True, imdb_id=TITLES[0], status="deleted")
        self.restore(kept)
        for _ in range(grows):
            self.change_every_title()
        self.settle(phone)

    @rule(which=st.sampled_from([0, 3, 4]), number=statements, limit=st.integers(1, 100))
    def a_commit_comes_in_the_midst_of_a_pull(self, which: int, number: int, limit: int) -> None:
        """Before any of its statements: between head and rows, too."""
        device, other = self.devices[which], self.phones[1]
        self.furnish(other)
        other.act("addPerson", name=ANOTHER)
        other.act("deletePerson", name=NAMES[1])
        other.act("updateMovieStatus", imdb_id=TITLES[0], status="watched")
        self.clock.now += 1.5
        amid = (number, lambda: self.send(other))
        if isinstance(device, Gadget):
            device.page(self.world, limit, amid)
        else:
            device.pull_all(self.world, amid)
        self.fetch(device)
        self.do(other, "deletePerson", name=ANOTHER)

    @rule(skew=st.sampled_from([-200.0, 60.0, 200.0]))
    def an_older_device_pulls_by_its_own_clock(self, skew: float) -> None:
        """Wrong by less than five minutes."""
        old = self.old_phones[0]
        self.fetch(old)
        old.since = self.clock.now + skew
        self.change_every_title()
        self.clock.now += 250.0
        self.fetch(old)

    @rule(back=st.sampled_from([3600.0, 86_400.0]))
    def the_clock_is_set_back_between_two_commits(self, back: float) -> None:
        """And forward again; those that pull by time see both."""
        for jump in (-back, 0.0, back):
            self.clock.now += jump
            self.change_every_title()
            self.fetch(self.old_phones[0])
            self.fetch(self.phones[0])

    @rule(which=st.sampled_from([3, 4]), ahead=st.sampled_from([3600.0, 400 * 86_400.0]))
    def the_clock_was_ahead_once(self, which: int, ahead: float) -> None:
        """What was written then is earlier than what somebody does now, who has nothing but a time."""
        old, tablet = self.devices[which], self.phones[1]
        self.furnish(tablet)
        self.settle(old)
        self.clock.now += ahead
        self.change_every_title()
        self.do(tablet, "updatePerson", name=NAMES[0], color="blue")
        self.clock.now -= ahead
        self.fetch(old)
        old.act("updatePerson", name=NAMES[0], color="green")
        old.act("updateMovieStatus", imdb_id=TITLES[0], status="deleted")
        told = old.told()
        response = self.world.push(told)
        assert [each["status"] for each in response.json["results"]] == ["applied"] * 2
        old.hear(self.world, told, response)

    @rule(kind=kinds, collects=st.booleans(), is_first=st.booleans())
    def what_was_deleted_is_forgotten_while_devices_are_away(self, kind: str, collects: bool, is_first: bool) -> None:
        """Those that come back later than that must not keep it."""
        phone, other, olds = self.phones[0], self.phones[1], self.old_phones
        self.furnish(other)
        phone.cursor, phone.paging = (None, []) if is_first else (phone.cursor, phone.paging)
        for device in (*olds, *(() if is_first else (phone,))):
            self.fetch(device)
        if is_first:
            phone.page(self.world, 8)
        library = self.world.stores[self.anna]
        self.remove(kind, next(record for record in library.kind(kind).values() if not record.get("quick_key")))
        self.clock.now += HORIZON + 86_400.0
        if collects:
            self.change_every_title()
            self.world.collect(self.anna)
        for device in (phone, *olds):
            self.fetch(device)

    # Actions that wait while others act

    @rule(which=st.sampled_from([0, 3]), pulls=st.booleans(), rating=ratings)
    def names_are_swapped_while_actions_wait(self, which: int, pulls: bool, rating: float) -> None:
        """A name means whom its user saw under it."""
        device, tablet = self.devices[which], self.phones[1]
        self.furnish(tablet)
        self.settle(device)
        device.act("addRecommendation", imdb_id=TITLES[1], person_name=NAMES[0], vote_type=True)
        device.act("updatePerson", name=NAMES[1], color="blue")
        device.act("watchMovie", imdb_id=TITLES[1], my_rating=rating)
        for old, new in ((NAMES[0], ANOTHER), (NAMES[1], NAMES[0]), (ANOTHER, NAMES[1])):
            self.do(tablet, "updatePerson", name=old, new_name=new)
        if pulls:
            self.fetch(device)
        self.settle(device, tablet)

    @rule(
        which=st.sampled_from([0, 3]),
        goes=st.sampled_from(["renamed", "deleted", "twice renamed"]),
        pulls=st.booleans(),
    )
    def a_name_is_taken_away_while_actions_wait(self, which: int, goes: str, pulls: bool) -> None:
        """No duplicate appears, and no deleted person comes back."""
        device, tablet = self.devices[which], self.phones[1]
        self.furnish(tablet)
        self.settle(device)
        device.act("addRecommendation", imdb_id=TITLES[2], person_name=NAMES[0], vote_type=True)
        device.act("addPerson", name=NAMES[0])
        if goes == "deleted":
            self.do(tablet, "deletePerson", name=NAMES[0])
        else:
            self.do(tablet, "updatePerson", name=NAMES[0], new_name=ANOTHER)
            if goes == "twice renamed":
                self.do(tablet, "updatePerson", name=ANOTHER, new_name=NAMES[2])
        if pulls:
            self.fetch(device)
        self.settle(device, tablet)
        if any(each.name == ANOTHER for each in self.world.libraries[self.anna].people.values()):
            self.do(tablet, "deletePerson", name=ANOTHER)

    @rule(which=st.sampled_from([0, 3]), is_made_again=st.booleans())
    def what_waiting_actions_are_about_is_deleted(self, which: int, is_made_again: bool) -> None:
        """And made again, or not: they were meant for the one before."""
        late, other = self.devices[which], self.phones[1]
        self.furnish(other)
        self.settle(late)
        late.act("deleteList", id=LISTS[0])
        late.act("deletePerson", name=NAMES[1])
        late.act("updateMovieStatus", on_record=True, imdb_id=TITLES[0], status="watched")
        late.act("updateList", id=LISTS[0], color="blue")
        self.clock.now += 1.5
        self.do(other, "deleteList", id=LISTS[0])
        self.do(other, "deletePerson", name=NAMES[1])
        self.world.remove_title(self.anna, TITLES[0])
        if is_made_again:
            self.fetch(other)
            self.do(other, "addList", **SHELF)
            self.do(other, "addPerson", name=NAMES[1])
            self.do(other, "addMovie", imdb_id=TITLES[0])
        self.settle(late, other)

    @rule(rating=ratings, base=st.sampled_from(["as it was", "beyond the cursor"]), step=steps_of_a_clock)
    def two_devices_change_the_same_and_different_fields(self, rating: float, base: str, step: float) -> None:
        """Different ones both win, of the same one wins and the other is told."""
        one, two = self.phones[:2]
        self.furnish(one)
        self.do(one, "watchMovie", imdb_id=TITLES[0], my_rating=rating)
        self.settle(one, two)
        one.act("updateRating", on_record=True, imdb_id=TITLES[0], my_rating=rating + 1)
        self.clock.now += step
        two.act("updateMovieStatus", on_record=True, imdb_id=TITLES[0], status="deleted")
        two.act("updateRating", on_record=True, imdb_id=TITLES[0], my_rating=rating + 2)
        self.send(one)
        if base == "beyond the cursor":
            for item in two.queue:
                item["base_rev"] += 1000
        self.settle(two, one)

    # Requests that come again, or to the wrong place

    @rule(which=st.sampled_from([0, 3]), is_dead=st.booleans(), later=st.sampled_from([0.0, 7 * 86_400.0]))
    def a_request_comes_again_after_the_same_device_went_on(self, which: int, is_dead: bool, later: float) -> None:
        """It was done, though the server died of it; what was done since stands."""
        device = self.devices[which]
        self.furnish(self.phones[1])
        self.settle(device)
        device.act("updateRating", imdb_id=TITLES[2], my_rating=5.0)  # cannot be done yet
        device.act("watchMovie", imdb_id=TITLES[1], my_rating=5.0)
        device.act("addPerson", name=NAMES[2])
        told = device.told()
        self.world.push(told, ("after the commit", 0) if is_dead else None)
        self.do(self.phones[1], "watchMovie", imdb_id=TITLES[2], my_rating=7.0)
        device.hear(self.world, told, self.world.push(told))
        self.do(device, "updateRating", imdb_id=TITLES[1], my_rating=9.0)
        self.do(device, "deletePerson", name=NAMES[2])
        self.clock.now += later
        self.world.push(told)
        self.fetch(device)

    @rule()
    def a_request_of_one_user_comes_from_the_other(self) -> None:
        """With the same ids: it is another action, in another library; with the cursor, it is refused."""
        phone = self.phones[0]
        self.furnish(phone)
        phone.act("addRecommendation", imdb_id=TITLES[2], person_name=NAMES[2], vote_type=True)
        phone.act("deleteList", id=LISTS[0])
        told = phone.told()
        self.send(phone)
        stray = [{key: item[key] for key in ("id", "action", "data", "timestamp")} for item in told.body["actions"]]
        self.world.push(Told(self.ben, told.body, told.seen, told.meant))
        self.world.push(Told(self.ben, {"actions": stray}, [None] * len(stray), [None] * len(stray)))
        self.world.check(self.anna)
        self.settle(phone, self.phones[2])

    @rule()
    def a_base_comes_without_a_cursor(self) -> None:
        """A number alone does not say of which history."""
        phone = self.phones[0]
        self.settle(phone)
        phone.act("updateMovieStatus", on_record=True, imdb_id=TITLES[0], status="watched")
        response = self.world.wires[self.anna].post({"actions": phone.queue})
        assert (response.status_code, response.json["code"]) == (400, "cursor_required")
        self.world.check(self.anna)
