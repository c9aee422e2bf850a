"""Seeded defects of the protocol, each an edit of the application's source as somebody might make it.

The tests must fail under each of them (``mutations.py`` sees to that), so that they are known to see what they are for.
A plain day, without faults, conflicts and deletions, goes well under all of them: see ``test_plain_day.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


class DoesNotApply(Exception):
    """The source has changed so that the edit no longer finds its place, exactly once."""


@dataclass(frozen=True)
class Edit:
    """In a module of the application (named below ``movietracker``): this text, found exactly once, becomes that."""

    module: str
    before: str
    after: str


@dataclass(frozen=True)
class Defect:
    """A defect: what it breaks, in one sentence; the edits; tests that are known to fail of it, for a short run."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    killers: tuple[str, ...]

    @property
    def modules(self) -> frozenset[str]:
        """The full names of the modules that it edits."""
        return frozenset(f"movietracker.{edit.module}" for edit in self.edits)


DEFECTS: dict[str, Defect] = {}


def edited(defect: Defect, module: str, source: str) -> str:
    """The source of a module with the defect in it; raises DoesNotApply."""
    for edit in defect.edits:
        if f"movietracker.{edit.module}" == module:
            if source.count(edit.before) != 1:
                raise DoesNotApply(f"{defect.name}: {module} has not exactly one place with {edit.before!r}")
            source = source.replace(edit.before, edit.after)
    return source


def _defect(name: str, breaks: str, *edits: tuple[str, str, str], killers: tuple[str, ...]) -> None:
    assert name not in DEFECTS
    DEFECTS[name] = Defect(name, breaks, tuple(Edit(*edit) for edit in edits), killers)


# The change clock and the ledger

_defect(
    "stamp_before_lock",
    "A commit's time is taken before the lock is granted, so that a writer who waits commits an older time later.",
    ("services.transactions", "from ..events import", "from .. import clock\nfrom ..events import"),
    (
        "services.transactions",
        "    with write_connection() as c",
        "    at = clock.now()\n    with write_connection() as c",
    ),
    ("services.transactions", "        yield tx\n", "        tx.at = tx.done_at = at\n        yield tx\n"),
    killers=(
        "test_interleaving.py::test_a_write_that_another_one_overtakes_on_its_way_to_the_lock_is_the_later[sqlite]",
    ),
)
_defect(
    "clock_goes_back",
    "The change clock follows the wall clock back, so that a time handed back as since hides what came before it.",
    ("clock", "return max(now(), previous + TICK)", "return now()"),
    killers=(
        "test_nasty_scenarios.py::test_the_servers_clock_an_hour_back_between_two_commits[sqlite]",
        "test_change_clock.py::test_times_never_repeat_nor_go_back_whatever_the_clock_does",
    ),
)
_defect(
    "no_lock",
    "A write reads the head without locking it, so that on PostgreSQL two writers number from the same one.",
    (
        "services.transactions",
        "_LOCK = Prepared(\n    update(HEAD)",
        "_LOCK = Prepared(\n    select(HEAD.c.seq, HEAD.c.at, HEAD.c.next_id)",
    ),
    (
        "services.transactions",
        "    .values(seq=HEAD.c.seq)\n    .returning(HEAD.c.seq, HEAD.c.at, HEAD.c.next_id)\n",
        "",
    ),
    killers=("test_interleaving.py::test_a_write_waits_for_the_one_before_it_and_its_numbers_come_after[postgresql]",),
)
_defect(
    "shared_seq",
    "All records of a commit share one number, so that no page can end within a commit, however large.",
    (
        "services.change_clock",
        "self._notes.seq += 1\n            self._notes.numbers",
        "self._notes.seq = self.first_seq + 1\n            self._notes.numbers",
    ),
    killers=("test_change_clock.py::test_each_changed_record_gets_a_number_of_its_own_and_the_commits_time",),
)
_defect(
    "hard_delete",
    "Deleting leaves no tombstone, so that devices that pulled before keep what is gone.",
    (
        "services.change_clock",
        "upsert(self.connection, TOMBSTONES, tombstones)",
        "upsert(self.connection, TOMBSTONES, tombstones[:0])",
    ),
    killers=("test_pull.py::test_what_was_deleted_since_is_named",),
)
_defect(
    "tombstone_stays",
    "A record made again keeps its tombstone, so that pulls say that it is there and that it is gone.",
    ("services.change_clock", "if not self._has_tombstones:", "if True:"),
    killers=("test_pull.py::test_what_was_deleted_and_made_again_is_given_and_not_named_as_deleted",),
)
_defect(
    "rename_untold",
    "Renaming a person does not touch the movies that show the name, so that devices go on showing the old one.",
    ("services.people", 'tx.touch_all("movie", tx.execute(_MOVIES_OF, of_person=person_id).scalars())  #', "#"),
    killers=("test_pull.py::test_what_changes_a_movies_json_gives_the_movie_again",),
)
_defect(
    "early_news",
    "News are told before the commit, so that a listener pulls too early, or hears of what never happened.",
    ("services.transactions", "        event = tx.finish()\n    if", "        event = tx.finish()\n        if"),
    (
        "services.transactions",
        "is not None:\n        announce(event)",
        "is not None:\n            announce(event)",
    ),
    killers=("test_change_clock.py::test_a_commit_is_announced_after_it_with_what_changed",),
)

# Pulling

_defect(
    "rows_then_head",
    "The head is read after the rows, in another snapshot, so that a cursor covers what was not given.",
    (
        "sync.feed",
        "import Head, LibraryRead",
        "import Head, LibraryRead\nfrom ..services.transactions import library_read",
    ),
    (
        "sync.feed",
        "        _fill(read, changes, after, base)\n",
        "        _fill(read, changes, after, base)\n    if not has_more:\n"
        "        with library_read(read.user_id) as late:\n"
        "            changes.head = late.head()\n            changes.reached = changes.head.seq\n",
    ),
    killers=(
        "test_interleaving.py::test_a_commit_before_any_statement_of_a_pull_is_delivered_then_or_later[sqlite-by time]",
    ),
)
_defect(
    "no_snapshot",
    "A pull on PostgreSQL is not one snapshot, so that its statements see different states.",
    ("services.transactions", 'isolation_level="REPEATABLE READ", ', ""),
    killers=("test_interleaving.py::test_a_reader_sees_one_state_whatever_is_written_meanwhile[postgresql]",),
)
_defect(
    "early_end",
    "A page says that it is the last though there is more, so that a client shows half a state.",
    ("sync.feed", "has_more = len(numbers) > limit", "is_cut = len(numbers) > limit"),
    ("sync.feed", "reached = numbers[limit - 1] if has_more", "reached = numbers[limit - 1] if is_cut"),
    killers=("test_pull.py::test_pages_of_any_size_give_the_same_library_and_come_to_an_end",),
)
_defect(
    "no_tomb_paging",
    "Deletions are left out until a first pull has come to its end, so that what was given and then deleted stays.",
    (
        "sync.feed",
        "for row in read.execute(_TOMBSTONES, after",
        "for row in () if base else read.execute(_TOMBSTONES, after",
    ),
    killers=("test_pull.py::test_what_is_deleted_while_a_first_pull_pages_is_named_also_if_it_was_given",),
)
_defect(
    "legacy_strict",
    "A time that the server never gave is taken as it is, so that a client with a clock of its own misses changes.",
    ("sync.pull", "OVERLAP_SECONDS = 300.0", "OVERLAP_SECONDS = 0.0"),
    killers=("test_pull.py::test_a_time_that_the_server_did_not_give_is_taken_five_minutes_earlier",),
)
_defect(
    "since_nofloor",
    "A pull by a time beyond the horizon is answered as if all deletions were remembered.",
    ("sync.pull", "if after is None or after < cursors.floor(read):", "if after is None:"),
    killers=("test_pull.py::test_a_time_before_the_horizon_gives_the_whole_library",),
)
_defect(
    "since_lost_history",
    "A time from before a restore is taken for one of this history.",
    ("sync.pull", "or since <= 0 or since < restored_at:", "or since <= 0:"),
    ("sync.pull", "or earlier < restored_at:", "or False:"),
    killers=("test_upkeep.py::test_after_the_mark_a_client_that_pulls_by_time_starts_over_once",),
)
_defect(
    "no_nonce",
    "A cursor of a lost history is good as soon as the numbers have grown past it.",
    (
        "sync.cursor",
        "if position_at(read, cursor.head.seq) != cursor.head:",
        "if not position_at(read, cursor.head.seq):",
    ),
    killers=("test_scenarios.py::test_server_restored_in_the_middle[sqlite]",),
)
_defect(
    "no_base_nonce",
    "The head that vouches is not looked at while a pull pages, so that a restore between two pages hides.",
    (
        "sync.cursor",
        "if position_at(read, cursor.head.seq) != cursor.head:",
        "if cursor.head.seq == cursor.seq and position_at(read, cursor.head.seq) != cursor.head:",
    ),
    killers=("test_restore.py::test_a_first_pull_is_told_of_a_restore_to_a_state_between_two_of_its_pages",),
)
_defect(
    "gc_nofloor",
    "Old deletions are forgotten, and a cursor from before is still good.",
    ("sync.cursor", "if (cursor.first_head or cursor.seq) < floor(read):", "if (cursor.first_head or cursor.seq) < 0:"),
    killers=("test_upkeep.py::test_a_cursor_lives_180_days",),
)
_defect(
    "gc_paging",
    "A first pull is measured by its place and not by the head that it began at: it expires though nothing is lost.",
    ("sync.cursor", "if (cursor.first_head or cursor.seq) < floor(read):", "if cursor.seq < floor(read):"),
    killers=("test_upkeep.py::test_a_first_pull_that_began_after_the_floor_is_not_disturbed_by_a_collection",),
)
_defect(
    "cross_user",
    "The user is missing in a WHERE of the pull, so that everybody hears of everybody's deletions.",
    ("sync.feed", '.where(table.c.user_id == bindparam("of_user"), *in_range)', ".where(*in_range)"),
    killers=("test_nasty_scenarios.py::test_nobody_hears_of_anothers_deletions[sqlite]",),
)
_defect(
    "anothers_cursor",
    "A cursor is not compared with the user who brings it.",
    ("sync.cursor", "if cursor.user_id != read.user_id:", "if not cursor.user_id:"),
    killers=("test_cursor.py::test_a_cursor_with_anothers_id_and_ones_own_history_is_of_the_wrong_user",),
)

# Pushing: exactly once

_defect(
    "no_dedupe",
    "An action is done again each time that it comes.",
    ("sync.push", "from ..errors import", "from ..database import upsert\nfrom ..errors import"),
    ("sync.push", "if request.id in self._recorded:", "if request.id in ():"),
    (
        "sync.push",
        "self._tx.execute_many(_RECORD, self._new)",
        "for row in self._new:\n            upsert(self._tx.connection, RECORDED, [row])",
    ),
    killers=("test_scenarios.py::test_duplicate_delivery[sqlite]",),
)
_defect(
    "op_after_commit",
    "The outcome is recorded after the commit of the effect, so that a crash between them does it twice.",
    ("sync.push", "self._tx.execute_many(_RECORD, self._new)", "self._tx.later = self._new"),
    (
        "sync.push",
        "            return _pushed(tx, outcomes, known)\n    except",
        "            pushed = _pushed(tx, outcomes, known)\n"
        "        with library_write(user_id) as after:\n"
        "            after.execute_many(_RECORD, tx.later)\n        return pushed\n    except",
    ),
    killers=("test_push.py::test_effect_and_outcome_are_recorded_by_one_transaction",),
)
_defect(
    "err_unrecorded",
    "A rejected action is not recorded, so that the same id may be rejected first and applied later.",
    (
        "sync.push",
        "        outcome = self._perform(request)\n        kept",
        "        outcome = self._perform(request)\n        if outcome.status == 'rejected':\n"
        "            return outcome\n        kept",
    ),
    killers=("test_push.py::test_outcomes_of_every_kind_are_recorded",),
)
_defect(
    "op_scope",
    "Action ids are looked up among everybody's, so that one user's action is taken for another's.",
    ("sync.push", 'RECORDED.c.user_id == bindparam("of_user")', "RECORDED.c.user_id != ''"),
    killers=("test_push.py::test_ids_of_two_users_are_nothing_to_each_other",),
)
_defect(
    "id_reused",
    "An id answers the recorded outcome whatever comes under it, so that another action is lost in silence.",
    ("sync.push", "if fingerprint != request.fingerprint:", "if not fingerprint:"),
    killers=("test_push.py::test_the_same_id_for_something_else_is_rejected_and_does_nothing",),
)
_defect(
    "no_savepoint",
    "A failing action leaves what it did until it failed.",
    ("sync.push", "with tx.savepoint():", "if True:"),
    killers=("test_push.py::test_what_a_failing_action_did_until_it_failed_is_undone_and_uses_no_number",),
)
_defect(
    "atomic_partial",
    "An atomic batch in which an action failed keeps the others.",
    ("sync.push", "if atomic and not all(", "if atomic and not any("),
    killers=("test_push.py::test_an_atomic_batch_does_all_or_nothing",),
)

_defect(
    "undone_acknowledged",
    "An id that comes twice in an undone batch is acknowledged the second time, so that its action is lost in silence.",
    ("sync.push", "in self._lasting", "in self._recorded"),
    killers=("test_push.py::test_an_id_that_comes_twice_in_an_undone_batch_is_acknowledged_neither_time",),
)

# Pushing: lineage

_defect(
    "push_no_lineage",
    "The cursor of a push is not checked, so that numbers of a lost history are compared with today's.",
    ("sync.push", "cursors.check(tx, known).seq", "known.seq"),
    killers=("test_push.py::test_a_cursor_is_checked_before_anything_is_done",),
)
_defect(
    "base_without_cursor",
    "A base_rev without a cursor is believed, though it does not say of which history it is.",
    ("sync.push", "        raise CursorRequired\n", "        pass\n"),
    killers=("test_push.py::test_a_base_rev_without_a_cursor_is_400_and_does_nothing",),
)
_defect(
    "base_beyond_cursor",
    "A base_rev beyond what the client had pulled is believed, so that what others did in between counts as known.",
    ("sync.conflicts", "return min(self.base_rev, self.known_seq)", "return self.base_rev"),
    killers=("test_conflicts.py::test_a_number_beyond_the_cursor_that_the_record_never_had_is_taken_as_the_cursors",),
)
_defect(
    "own_answer_unknown",
    "A base_rev that the answer to a push told is not believed, so that a client contradicts itself until it pulls.",
    ("sync.conflicts", "is_told = self.known_seq is not None and", "is_told = False and"),
    killers=(
        "test_conflicts.py::test_the_number_in_the_answer_to_a_push_serves_as_base_though_nothing_was_pulled_since",
    ),
)
_defect(
    "push_skips",
    "The cursor in the answer to a push is the newest place before it, which skips what others did meanwhile.",
    (
        "sync.push",
        "else replace(known, head=position)",
        "else replace(known, seq=getattr(read, 'first_seq', head.seq), head=position)",
    ),
    killers=("test_push_cursor.py::test_it_skips_nothing_that_others_did_meanwhile",),
)
_defect(
    "push_vouches_not",
    "The cursor in the answer to a push is the client's own, so that a restore loses what was acknowledged in silence.",
    ("sync.push", "else replace(known, head=position)", "else known"),
    killers=("test_push_cursor.py::test_a_client_is_told_when_the_server_forgets_what_it_acknowledged",),
)

# Pushing: conflicts and names

_defect(
    "lww",
    "The last writer wins, and nobody is told.",
    ("sync.conflicts", "if is_other and change is not None and not doing.knew(change):", "if not name:"),
    killers=("test_conflicts.py::test_the_same_field_set_to_another_value_by_someone_else_is_a_conflict",),
)
_defect(
    "whole_record",
    "A change of any field of a record contradicts a change of any other.",
    (
        "sync.conflicts",
        "change = doing.tx.field_change(kind, key, name) or changes.get(name, birth)",
        "change = max(changes.values(), default=None)",
    ),
    killers=("test_conflicts.py::test_another_field_of_the_same_record_is_none",),
)
_defect(
    "zombie",
    "An action from before a deletion makes the record again.",
    (
        "sync.conflicts",
        "if row is not None and (even_if_known or not doing.looking_at((row.seq,)).knew(FieldChange(*row))):",
        "if row is not None and even_if_known:",
    ),
    killers=("test_conflicts.py::test_writing_to_what_was_deleted_is_a_conflict_without_a_state",),
)
_defect(
    "stale_delete",
    "A record that was deleted and made again is taken for the one that the user was looking at.",
    ("sync.conflicts", "if deletion is not None and not doing.knew(deletion):", "if not changes:"),
    killers=("test_scenarios.py::test_re_add_after_delete[sqlite]",),
)
_defect(
    "future_wins",
    "A timestamp in the future counts as it is, so that a device whose clock is ahead overrules everybody.",
    ("sync.push", "else min(request.timestamp, tx.at)", "else request.timestamp"),
    (
        "services.change_clock",
        "FieldChange(seq, min(self.done_at, self.at), self.device)",
        "FieldChange(seq, self.done_at, self.device)",
    ),
    killers=("test_change_clock.py::test_a_user_never_did_something_later_than_it_was_written",),
)
_defect(
    "own_late",
    "What the same device did counts as known whenever it did it, so that a late request undoes a newer one.",
    ("sync.conflicts", "return is_own and change.done_at <= self.timestamp", "return is_own"),
    killers=("test_scenarios.py::test_reordered_queue[sqlite]",),
)
_defect(
    "name_now",
    "A name means who bears it today and not whom its user saw under it.",
    (
        "sync.names",
        "    if doing.view is None:\n        return None\n    seen = _bearer_at",
        "    if True:\n        return None\n    seen = _bearer_at",
    ),
    killers=(
        "test_nasty_scenarios.py::test_rename_and_reuse_and_swap_of_names_while_another_devices_queue_names_them[sqlite]",
    ),
)
_defect(
    "ghost_twin",
    "A name that nobody bears any more makes a new person, though its bearer was only renamed on another device.",
    ("sync.names", "return None if last is None or _knew_end(doing, last) else", "return None if True else"),
    killers=("test_names.py::test_without_both_a_name_means_todays_bearer_and_else_the_last",),
)
_defect(
    "cross_user_write",
    "The user is missing in a WHERE of a write, so that deleting a list frees another user's movies.",
    (
        "services.lists",
        'back = update(STATUS).where(\n        STATUS.c.user_id == bindparam("of_user"), STATUS',
        "back = update(STATUS).where(\n        STATUS",
    ),
    killers=("test_scenarios.py::test_list_id_that_another_user_owns[sqlite]",),
)
