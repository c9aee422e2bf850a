"""Deep situations of what hangs on a title: viewings, notes, places in the ranking, and people who become one."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from .choices import NAMES, NEWEST, TITLES, VIEWINGS, pairs, places, said_of_viewings
from .macros import MacroMachine

ways_out = st.sampled_from(["unwatched", "taken out", "to the other group", "deleted", "deleted and made again"])
works = st.sampled_from(["adds one", "changes it", "watches", "rates"])
changes = st.lists(said_of_viewings, min_size=1, max_size=2)


class TitleMachine(MacroMachine):
    """The machine with what is deep about titles."""

    @rule(which=st.sampled_from([0, 3]), said=changes, others=st.sets(works, min_size=1), value=said_of_viewings)
    def a_viewing_is_changed_on_one_device_while_another_works_on_it(
        self, which: int, said: list[dict[str, Any]], others: set[str], value: dict[str, Any]
    ) -> None:
        """Different fields both win; what is removed stays so, and the watch record follows the newest."""
        device, tablet = self.devices[which], self.phones[1]
        imdb_id = TITLES[0]
        self.furnish(tablet)
        self.do(tablet, "addViewing", imdb_id=imdb_id, id=VIEWINGS[0], watched_on="2019-02", rating=3.0)
        self.settle(tablet, device)
        for each in said:
            device.act("updateViewing", **{"imdb_id": imdb_id, "id": NEWEST, **each})
        device.act("updateViewing", imdb_id=imdb_id, id=VIEWINGS[0], rating=7.0)
        device.act("updateViewing", imdb_id=imdb_id, id=VIEWINGS[1], note="loud")  # not there yet
        device.act("removeViewing", imdb_id=imdb_id, id=VIEWINGS[0])
        if "adds one" in others:
            self.do(tablet, "addViewing", **{**value, "imdb_id": imdb_id, "id": VIEWINGS[1]})
        if "changes it" in others:
            self.do(tablet, "updateViewing", **{**value, "imdb_id": imdb_id, "id": VIEWINGS[0]})
        if "watches" in others:
            self.do(tablet, "watchMovie", imdb_id=imdb_id, my_rating=7.0)
        if "rates" in others:
            self.do(tablet, "updateRating", imdb_id=imdb_id, my_rating=5.0)
        self.settle(device, tablet)

    @rule(which=st.sampled_from([0, 3]), is_made_again=st.booleans())
    def a_removed_viewing_is_worked_on_again(self, which: int, is_made_again: bool) -> None:
        """It does not come back, unless its title is another one."""
        device, tablet = self.devices[which], self.phones[1]
        viewing: dict[str, Any] = {"imdb_id": TITLES[1], "id": VIEWINGS[1]}
        self.furnish(tablet)
        self.do(tablet, "addViewing", **viewing, watched_at=1.1e9)
        self.settle(tablet, device)
        for again in ("updateViewing", "removeViewing", "addViewing"):
            device.act(again, **viewing)
        self.do(tablet, "removeViewing", **viewing)
        # It is not, where the viewing's id was another title's, so that nothing made it again the last time.
        if is_made_again and TITLES[1] in self.world.libraries[self.anna].titles:
            self.world.remove_title(self.anna, TITLES[1])
            self.fetch(tablet)
            self.do(tablet, "addViewing", **viewing)
        self.settle(device, tablet)

    def rank_all(self, device: Any, *, liked: bool) -> None:
        """All titles are watched, and ranked in their order."""
        self.furnish(device)
        for place, imdb_id in enumerate(TITLES):
            self.do(device, "watchMovie", imdb_id=imdb_id)
            after = TITLES[place - 1] if place else None
            told = [{"winner": imdb_id, "loser": TITLES[2]}] if imdb_id != TITLES[2] else None
            self.do(device, "rankMovie", imdb_id=imdb_id, liked=liked, after=after, comparisons=told)
        self.settle(device)

    @rule(
        which=st.sampled_from([0, 3]),
        liked=st.booleans(),
        leaver=st.sampled_from(TITLES[:2]),
        way=ways_out,
        places=st.tuples(places, places),
        told=pairs,
        comes_back=st.booleans(),
        has_rival=st.booleans(),
    )
    def a_title_is_ranked_while_another_leaves(
        self,
        which: int,
        liked: bool,
        leaver: str,
        way: str,
        places: tuple[Any, Any],
        told: list[dict[str, str]],
        comes_back: bool,
        has_rival: bool,
    ) -> None:
        """It goes next to where that one was; what is not watched is hidden, and comes back to its place."""
        device, tablet = self.devices[which], self.phones[1]
        self.rank_all(tablet, liked=liked)
        self.settle(device)
        device.act("rankMovie", imdb_id=TITLES[2], liked=liked, after=TITLES[0], comparisons=told)
        device.act("rankMovie", imdb_id=TITLES[1], liked=liked, after=places[0])
        self.leave_the_ranking(tablet, leaver, way, liked=liked)
        if has_rival:
            self.do(tablet, "rankMovie", imdb_id=TITLES[1], liked=not liked, after=places[1])
        self.settle(device)
        if comes_back:
            self.do(tablet, "watchMovie", imdb_id=leaver)
        self.settle(tablet, device)

    def leave_the_ranking(self, device: Any, imdb_id: str, way: str, *, liked: bool) -> None:
        """A title is no longer where others saw it."""
        if way == "unwatched":
            self.do(device, "updateMovieStatus", imdb_id=imdb_id, status="toWatch")
        elif way == "taken out":
            self.do(device, "unrankMovie", imdb_id=imdb_id)
        elif way == "to the other group":
            self.do(device, "rankMovie", imdb_id=imdb_id, liked=not liked, after=None)
        else:
            self.world.remove_title(self.anna, imdb_id)
            if way == "deleted and made again":
                self.fetch(device)
                self.do(device, "watchMovie", imdb_id=imdb_id)

    @rule(
        which=st.sampled_from([0, 3]),
        dates=st.tuples(st.sampled_from([1000.0, 2000.0]), st.sampled_from([1000.0, 2000.0])),
        back=st.booleans(),
    )
    def two_people_become_one_while_another_device_works_on_them(
        self, which: int, dates: tuple[float, float], back: bool
    ) -> None:
        """Votes and notes move; what is queued about the first is about the other."""
        device, tablet = self.devices[which], self.phones[1]
        first, second = NAMES[:2]
        self.furnish(tablet)
        for name, date, note in ((first, dates[0], "loud"), (second, dates[1], "soft")):
            said = {"imdb_id": TITLES[0], "person_name": name, "date_recommended": date, "note": note}
            self.do(tablet, "addRecommendation", **said, vote_type=name == first)
        self.do(tablet, "addRecommendation", imdb_id=TITLES[1], person_name=first, note="late")
        self.settle(tablet, device)
        device.act("addRecommendation", imdb_id=TITLES[2], person_name=first, note="later")
        device.act("updateRecommendation", imdb_id=TITLES[1], person_name=first, note="soft")
        for imdb_id in TITLES[:2]:
            device.act("removeRecommendation", imdb_id=imdb_id, person_name=first)
        device.act("updatePerson", name=first, color="blue")
        device.act("mergePeople", name=second, into=first)
        device.act("deletePerson", name=first)
        self.do(tablet, "mergePeople", name=first, into=second)
        if back:
            self.do(tablet, "addPerson", name=first)
        self.settle(device, tablet)
