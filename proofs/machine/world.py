"""The application under test with its clock, its faults and its backups, and what the model says of it all along."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import event, select
from support.client import client_of
from sync.below import remove_movie
from sync.dump import library_of
from sync.interleave import before_statement
from sync.restoring import Backup
from sync.wire import Json, Store, Wire

from movietracker.extensions import db
from movietracker.models.library import LibraryHead
from movietracker.services import movies as services
from movietracker.services.accounts import Account
from movietracker.services.movies.metadata import Metadata
from movietracker.services.transactions import library_changed, library_write
from movietracker.sync.upkeep import LOST_IDS, collect, mark_restored

from .actions import carry_out
from .history import CursorMeaning
from .model import Library
from .records import Bearing, Change, Doing, Rejected, Someone
from .traffic import GOOD, Amid, Clock, Kept, Result, Told, die, undone
from .truth import check_numbers, learn_viewings, view_of_model, view_of_tables


@dataclass
class World:
    """One server, its users, and the model of their libraries; checks the tables against it after everything."""

    app: Flask
    accounts: list[Account]
    clock: Clock
    libraries: dict[str, Library] = field(default_factory=dict)
    cursors: dict[str, CursorMeaning] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    details: int = 0

    def __post_init__(self) -> None:
        self.wires = {account.id: Wire(client_of(self.app, account)) for account in self.accounts}
        for account in self.accounts:
            self.libraries[account.id] = self._first_model(account.id)
            self.stores[account.id] = library_of(self.app, account.id)
            self.check(account.id)

    def _first_model(self, user: str) -> Library:
        """The model of a new account: four quick recommenders, made by one commit."""
        head = self._head(user)
        library = Library(user, head.next_id)
        for person, row in library_of(self.app, user).people.items():
            change = Change(None, head.at, None)
            library.people[person] = Someone(row["name"], row["color"], row["is_trusted"], True, {"birth": change})
            library.bearings.append(Bearing(row["name"], person, change))
        library.settle(library.history.add(head.seq, head.at))
        return library

    def _head(self, user: str) -> Any:
        heads = LibraryHead.__table__
        with self.app.app_context(), db.engine.connect() as connection:
            return connection.execute(select(heads).where(heads.c.user_id == user)).one()

    # Pushing

    def push(self, told: Told, death: tuple[str, int] | None = None) -> Any:
        """Deliver a push, and return the response, which is as the model says, or None when the server died of it.

        ``death`` says when it dies: before a statement of that number, at the commit, or after the commit.
        """
        refusal = self._refusal(told)
        after, expected = (self.libraries[told.user], []) if refusal else self._carry_out(told)
        response = self._post(told) if death is None else self._post_and_die(told, *death)
        if refusal:
            assert (response.status_code, response.json["code"]) == (410, refusal), response.text
        elif response.status_code == 200:
            results = [response.json] if told.is_single else response.json["results"]
            assert [(each["status"], each["code"], each["replayed"]) for each in results] == expected, told
            self._commit(told.user, after)
            self._learn(told, response.json["cursor"])
            return response
        else:
            assert death is not None, response.text
            assert response.status_code in (500, 503), response.text
            if death[0] == "after the commit":
                self._commit(told.user, after)
        self.check(told.user)
        return response if refusal else None

    def _post(self, told: Told) -> Any:
        wire = self.wires[told.user]
        if not told.is_single:
            return wire.post(told.body)
        (item,) = told.body["actions"]
        around = {key: told.body[key] for key in ("cursor", "device") if key in told.body}
        return wire.post({**item, **around}, "/api/sync")

    def _post_and_die(self, told: Told, when: str, number: int) -> Any:
        if when == "before a statement":
            with before_statement(self.app, number, die):
                return self._post(told)
        if when == "after the commit":
            with library_changed.connected_to(die):
                return self._post(told)
        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "commit", die)
        try:
            return self._post(told)
        finally:
            event.remove(engine, "commit", die)

    def _refusal(self, told: Told) -> str | None:
        cursor = told.body.get("cursor")
        if cursor is None:
            return None
        return self.libraries[told.user].history.refusal(told.user, self.cursors[cursor], self.clock.now)

    def _carry_out(self, told: Told) -> tuple[Library, list[Result]]:
        before = after = self.libraries[told.user]
        now = self.clock.now
        at = before.history.next_at(now)
        pulled = self._pulled(before, told.body.get("cursor"))
        results: list[Result] = []
        for item, seen, meant in zip(told.body["actions"], told.seen, told.meant, strict=True):
            known = seen if "base_rev" in item else None
            device, acted_at = told.body.get("device"), item.get("timestamp", now)
            doing = Doing(at, now, min(acted_at, now), device, known, pulled, device_time=acted_at)
            is_there = meant in after.people
            after, outcome, replayed = carry_out(after, doing, item)
            if is_there and outcome[0] in GOOD and not replayed:
                assert doing.resolved == meant, "a name means whom its user saw under it"
            results.append((*outcome, replayed))
        if told.body.get("atomic") and any(status not in GOOD for status, _, _ in results):
            return before, [undone(*each) for each in results]
        return after, results

    def _pulled(self, library: Library, cursor: str | None) -> int | None:
        """The newest commit that lies wholly within what a cursor's device has pulled."""
        if cursor is None:
            return None
        place = self.cursors[cursor].place
        return [commit.uid for commit in library.history.commits if commit.number <= place][-1]

    def _learn(self, told: Told, cursor: str) -> None:
        """What the cursor in the answer to a push stands for: the client's own place, vouching for what was done."""
        head = self.libraries[told.user].history.head
        known = self.cursors.get(told.body.get("cursor") or "")
        place, first = (head.number, 0) if known is None else (known.place, known.first)
        self._note_cursor(cursor, CursorMeaning(told.user, place, head.uid, first))

    # Pulling

    def page(self, user: str, cursor: str | None, limit: int, amid: Amid | None = None) -> Any:
        """A page of a pull by cursor; its answer or its refusal is as the model says.

        ``amid``: what others do in the midst of it; then it is of the state before that or after it.
        """
        library = self.libraries[user]
        query: Json = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
        with self.interrupted(amid):
            response = self.wires[user].get(**query)
        meaning = None if cursor is None else self.cursors[cursor]
        refusal = None if meaning is None else library.history.refusal(user, meaning, self.clock.now)
        if refusal:
            assert (response.status_code, response.json["code"]) == (410, refusal), response.text
            return response
        assert response.status_code == 200, response.text
        page, head = response.json, library.history.head
        if amid is not None and response.json["timestamp"] != head.at:
            head = self.libraries[user].history.head
        before, first = (0, head.number) if meaning is None else (meaning.place, meaning.first)
        assert page["full_sync"] == (first > 0)
        assert page["timestamp"] == head.at
        assert before <= page["rev"] <= head.number
        assert page["has_more"] == (page["rev"] < head.number)
        assert not page["has_more"] or page["rev"] > before, "no progress"
        first_still = first if page["has_more"] else 0
        self._note_cursor(page["cursor"], CursorMeaning(user, page["rev"], head.uid, first_still))
        return response

    def interrupted(self, amid: Amid | None) -> AbstractContextManager[object]:
        """Others do something before a statement of what this thread does in the block."""
        return nullcontext() if amid is None else before_statement(self.app, *amid)

    def _note_cursor(self, cursor: str, meaning: CursorMeaning) -> None:
        """A cursor never stands for two things."""
        assert self.cursors.setdefault(cursor, meaning) == meaning

    # What happens to the server

    def backup(self) -> Kept:
        """A backup of everything."""
        return Kept(Backup(self.app), {user: library.copy() for user, library in self.libraries.items()})

    def restore(self, kept: Kept) -> None:
        """Put a backup back and say so, as the operator's guide tells."""
        kept.backup.restore()
        self.libraries = {user: library.copy() for user, library in kept.libraries.items()}
        with self.app.app_context():
            mark_restored()
        for user, library in self.libraries.items():
            head = self._head(user)
            assert head.at > library.history.next_at(self.clock.now)
            library.history.add(head.seq, head.at)
            library.history.restored_at = head.at
            library.next_id += LOST_IDS
            self.stores[user] = library_of(self.app, user)
            self.check(user)

    def collect(self, user: str) -> None:
        """Forget what is old."""
        with self.app.app_context():
            collect(user)
        self.libraries[user].collect(self.clock.now)
        self.check(user)

    def remove_title(self, user: str, imdb_id: str) -> None:
        """A title goes for good, as by a restore that replaces the library."""
        account = next(each for each in self.accounts if each.id == user)
        after, doing = self._all_knowing(user)
        after.remove_title(doing, imdb_id)
        with self.app.app_context():
            remove_movie(account, imdb_id)
        self._commit(user, after)

    def refresh(self, user: str, imdb_id: str) -> None:
        """Details of a title come in the background."""
        self.details += 1
        after, doing = self._all_knowing(user)
        after.titles[imdb_id].details = self.details
        after.change(doing)
        with self.app.app_context(), library_write(user) as tx:
            services.refresh_metadata(tx, imdb_id, Metadata("movie", {"title": str(self.details)}))
        self._commit(user, after)

    def rest(self, user: str, call: tuple[str, str, Json | None], model: Callable[[Library, Doing], None]) -> None:
        """A write by the REST API, whose user sees what there is; refused where the model refuses it."""
        method, path, body = call
        after, doing = self._all_knowing(user)
        refusal = None
        try:
            model(after, doing)
        except Rejected as rejected:
            after, refusal = self.libraries[user], str(rejected)
        response = self.wires[user].client.open(path, method=method, json=body)
        if refusal is None:
            assert response.status_code in (200, 201, 204), response.text
        else:
            assert 400 <= response.status_code < 500
            assert response.json["code"] == refusal
        self._commit(user, after)

    def _all_knowing(self, user: str) -> tuple[Library, Doing]:
        after = self.libraries[user].copy()
        now = self.clock.now
        return after, Doing(after.history.next_at(now), now, now, knows_all=True)

    # Checking

    def _commit(self, user: str, after: Library) -> None:
        """The model goes on; fails unless the tables are as it says."""
        if after.has_changed:
            head = self._head(user)
            assert head.at == after.history.next_at(self.clock.now)
            after.settle(after.history.add(head.seq, head.at))
        self.libraries[user] = after
        self.check(user)

    def check(self, user: str) -> None:
        """Fail unless the tables hold what the model says, each changed record with a new number of its own."""
        library, truth = self.libraries[user], library_of(self.app, user)
        learn_viewings(library, truth)
        assert view_of_model(library) == view_of_tables(self.app, user, truth)
        head = self._head(user)
        assert (head.seq, head.at) == (library.history.head.number, library.history.head.at)
        check_numbers(self.stores[user], truth, head.seq)
        self.stores[user] = truth
