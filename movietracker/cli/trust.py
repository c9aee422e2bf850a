"""``movietracker trust`` and ``movietracker queue``: whom to trust, and what to watch next."""

from collections.abc import Iterator
from typing import Any

import click
import orjson
from flask.cli import with_appcontext

from ..schemas.fields import load
from ..schemas.trust import QueueQuerySchema
from ..services import lists
from ..services.accounts import find_account
from ..services.people import find_person
from ..services.transactions import library_read
from ..state import state
from ..trust.assessment import trust_of_people
from ..trust.queue import list_queue, queue_filter
from .plain import PlainCommand, as_json_option, echo, echo_json
from .tables import show_table

_TRUST = [
    ("Person", False),
    ("Score", True),
    ("80 % within", True),
    ("Liked", True),
    ("Lift", True),
    ("Warnings", True),
    ("Verdict", False),
]
_QUEUE = [("", True), ("Title", False), ("Match", True), ("Why", False)]


@click.command("trust", cls=PlainCommand)
@click.argument("user")
@as_json_option
@with_appcontext
def trust_command(user: str, as_json: bool) -> None:
    """Show how right each recommender of a user was.

    USER is an e-mail address, username or id. Score: how well the titles were liked, 0 to 100. Lift: how much higher it
    is than their public ratings led one to expect. Warnings: how right the downvotes were.
    """
    account = find_account(user)
    with library_read(account.id) as read:
        people = trust_of_people(state().assessments.of(read))
    if as_json:
        echo_json(people)
    else:
        show_table(f"How right the recommenders of {account.username} were", _TRUST, map(_trust_row, people))


@click.command("queue", cls=PlainCommand)
@click.argument("user")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most titles to show.")
@click.option("--media-type", type=click.Choice(["movie", "tv"]), help="Only these.")
@click.option("--genre", help="Only these genres, comma-separated.")
@click.option("--list", "list_", metavar="ID", help="Only titles on this custom list.")
@click.option("--max-runtime", type=click.IntRange(1, 6000), metavar="MINUTES", help="Only titles that take no longer.")
@click.option("--person", help="Only what this person (name or id) recommended.")
@click.option("--no-explore", is_flag=True, help="No places for titles of people of whom little is known.")
@as_json_option
@with_appcontext
def queue_command(user: str, as_json: bool, no_explore: bool, list_: str | None, **asked: Any) -> None:
    """Show what a user should watch next, and why.

    USER is an e-mail address, username or id.
    """
    account = find_account(user)
    given = {name: value for name, value in {**asked, "list": list_}.items() if value is not None}
    query = load(QueueQuerySchema, given)
    with library_read(account.id) as read:
        if "person" in query:  # in the API the queue of nobody is empty
            find_person(read, query["person"])
        if "list" in query:
            lists.values_of(read, query["list"])
        assessment = state().assessments.of(read)
        fitting = list_queue(read, assessment, queue_filter(read, query), query["limit"], explore=not no_explore)
    queue = orjson.loads(orjson.dumps(fitting))  # details are stored JSON
    if as_json:
        echo_json(queue)
    elif not queue:
        echo("Nothing fits: no title of that kind is still to watch.", err=True)
    else:
        show_table(f"What {account.username} should watch next", _QUEUE, _queue_rows(queue))


def _trust_row(person: dict[str, Any]) -> list[str]:
    warnings = person["warnings"]
    within = "" if person["score"] is None else f"{100 * person['low']:.0f}–{100 * person['high']:.0f}"
    return [
        person["name"],
        _percent(person["score"]),
        within,
        f"{person['liked']} of {person['evidence']}" if person["evidence"] else "",
        "" if person["lift"] is None else f"{round(100 * person['lift']):+d}",
        f"{warnings['evidence'] - warnings['liked']} of {warnings['evidence']}" if warnings["evidence"] else "",
        person["text"],
    ]


def _queue_rows(queue: list[dict[str, Any]]) -> Iterator[list[str]]:
    for place, queued in enumerate(queue, 1):
        reasons = [f"{each['text']}: {round(each['weight'], 1) + 0:+.1f}" for each in queued["reasons"]]
        if queued["exploration"] is not None:
            reasons.insert(0, queued["exploration"]["text"])
        yield [str(place), _name_of(queued["movie"]), _percent(queued["match"]), " · ".join(reasons)]


def _name_of(movie: dict[str, Any]) -> str:
    details = movie["tmdb_data"] or movie["omdb_data"] or movie
    title, year = details.get("title"), details.get("year")
    name = title if isinstance(title, str) else movie["imdb_id"]
    return f"{name} ({year})" if isinstance(year, str | int) else name


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}"
