"""Limits on guesses at passwords and at the administrator's token; only failures count, against LOGIN_RATE_LIMIT.

A guess is counted before it is checked, so that guesses sent at the same time do not pass together, and given back
unless it was wrong. docs/decisions/0005-rate-limits.md explains the rules.
"""

from collections.abc import Callable

from flask import Response, after_this_request, current_app, g, request
from orjson import JSONDecodeError, loads

from ..errors import BadToken, BodyTooLarge, Forbidden, MalformedJson
from ..rate_limits import Claim, Rule, claim
from ..schemas.values import TEXT, Fault
from ..services.accounts import login_name
from ..state import state
from .arguments import body_bytes
from .authentication import current_admin, current_user
from .limits import address
from .security_log import digest_of, note

_HOUR = 3600
LONGEST_DELAY = {"account and address": 900, "account": 60}
"""Seconds between two guesses at an account after many wrong ones: from one address, and from all together."""

ADDRESSES = 3
"""So many addresses can use up their guesses before the account itself has a delay."""

KNOWN_SECONDS = 90 * 86_400
"""How long an address from which an account was opened is exempt from the delay of the account."""

_WRONG = frozenset({400, 401, 409, 413, 415, 422})
"""Statuses that count. 409 tells the holder of a token that an account has this e-mail address or username."""


def proving() -> None:
    """Count a guess at the password of an account by someone who holds its token."""
    if rate := current_app.config["LOGIN_RATE_LIMIT"]:
        _count([claim("password", g.user_id, Rule.of(rate))])


def logging_in() -> None:
    """Count a login with e-mail and password."""
    email = _email()
    note(account=digest_of(email))
    if current_app.config["LOGIN_RATE_LIMIT"]:
        _guess("login", email, _holder(email))


def administering() -> None:
    """Count a login with the administrator's token."""
    if not current_app.config["LOGIN_RATE_LIMIT"]:
        return
    try:
        current_admin()
    except (BadToken, Forbidden):
        _guess("admin", "", None)
    else:
        _guess("admin", "", "admin")


def _guess(scope: str, account: str, holder: str | None) -> None:
    """Count a guess at an account, by a client that holds a valid token of it or none."""
    rule = Rule.of(current_app.config["LOGIN_RATE_LIMIT"])
    if holder is not None:
        _count([claim(f"{scope} holder", holder, rule)])
        return
    slow = rule._replace(seconds=max(rule.seconds, _HOUR))
    pair = f"{account}\n{address()}"
    known = claim(f"{scope} known", pair, rule).key
    claims = [
        claim("login address", address(), rule),
        claim(f"{scope} account and address", pair, slow._replace(longest_delay=LONGEST_DELAY["account and address"])),
    ]
    if not state().rate_limits.remembers(known):
        overall = slow._replace(amount=ADDRESSES * rule.amount, longest_delay=LONGEST_DELAY["account"])
        claims.append(claim(f"{scope} account", account, overall))
    _count(claims, lambda: state().rate_limits.remember(known, KNOWN_SECONDS))


def _count(claims: list[Claim], on_success: Callable[[], None] = lambda: None) -> None:
    limits = state().rate_limits
    counted = limits.take(*claims)

    @after_this_request
    def settle(response: Response) -> Response:
        if response.status_code not in _WRONG:
            limits.give_back(counted)
        if response.status_code == 200:
            on_success()
        return response


def _email() -> str:
    """The account that a login is for, as far as its body says."""
    try:
        email = TEXT.check(loads(body_bytes())["email"])
    except (JSONDecodeError, MalformedJson, BodyTooLarge, LookupError, TypeError, Fault):  # which the view reports
        return "invalid"
    return login_name(email)[:254]


def _holder(email: str) -> str | None:
    """The id of the account, if the request has a valid token of it."""
    if "Authorization" not in request.headers:
        return None
    try:
        user = current_user()
    except (BadToken, Forbidden):
        g.pop("user_id", None)  # which a token of no use does not show
        return None
    return user.id if user.email == email else None
