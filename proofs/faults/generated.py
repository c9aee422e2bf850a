"""Does any request that can be made from the OpenAPI document get an answer that is not in it?

``python -m proofs.faults.generated --requests 100000 --shards 2``: schemathesis makes requests for every
operation in /openapi.json, fitting and unfitting ones, and sends each to ``movietracker serve`` four times: without a
token, with a bad one, as the administrator and as a user. A 5xx is a fault (but for providers that are not there), and
so is an answer whose status, content type, headers or body are not what the document says, a 401 for a good token, and
anything but 401 for a bad one.
"""

import random
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .clients import Connection
from .crew import Crew, Job, Shift
from .reporting import script
from .site import ADMIN_TOKEN, PASSWORD, User, admin_of, site

CALLERS = ("no token", "bad token", "admin", "user")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

MAX_FAULTS = 60

# These end the token that they are called with.
LAST_CALLS = frozenset(f"POST /api/auth/{name}" for name in ("logout", "logout/everywhere", "password", "admin/logout"))

LIST_ID = "0b6f6a5e-7c6b-4bb0-9a5c-2f4f8f9c1d11"
TITLES = ("tt0133093", "tt0113277", "tt0078748")
LIBRARY = {
    "version": 2,
    "exported_at": 1_700_000_000,
    "people": [{"name": name} for name in ("Anna", "Ben", "Mum/Dad", "7")],
    "lists": [{"id": LIST_ID, "name": "Rainy"}],
    "movies": [
        {
            "imdb_id": imdb_id,
            "media_type": "movie",
            "status": "custom",
            "custom_list_id": LIST_ID,
            "last_modified": 1_700_000_000,
            "recommendations": [{"person_name": "Anna", "date_recommended": 1_700_000_000, "vote_type": True}],
            "watch_history": {"date_watched": 1_700_000_000, "my_rating": 8.5},
        }
        for imdb_id in TITLES
    ],
}
KNOWN: dict[str, list[Any]] = {
    "imdb_id": list(TITLES),
    "person": ["Anna", "Mum/Dad", "7", "Google Search"],
    "name": ["Anna", "Ben", "Mum/Dad", "Google Search"],
    "list_id": [LIST_ID],
    "provider": ["offline", "tmdb", "omdb"],
    "title_id": [133093, 113277, 78748],
}
"""Values of parameters that are there; most of what is made up is not."""


@dataclass
class Asked:
    """What was asked and answered."""

    cases: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    provider_problems: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    fault_count: int = 0


class Accounts:
    """Accounts and tokens, made as they are needed."""

    def __init__(self, url: str, shard: int) -> None:
        self._anonymous = Connection(url)
        self._admin = admin_of(url)
        self._shard = shard
        self._made = 0
        self.admin_token = token = self.new_admin_token()
        self._url = url
        gone = self.new_user()
        Connection(url, gone.token).ask("POST", "/api/auth/logout")
        self.bad_tokens = ["Bearer ", "Bearer nonsense", f"Basic {gone.token}", gone.token, f"Bearer {gone.token}"]
        self.bad_tokens += [f"Bearer {token[:-5]}AAAAA", f"Bearer {token}.x", "Bearer \x7f", "Bearer é"]

    def new_admin_token(self) -> str:
        """A token of another login of the administrator."""
        return str(self._anonymous.post("/api/auth/admin/login", {"token": ADMIN_TOKEN})["access_token"])

    def new_user(self, *, is_furnished: bool = False) -> User:
        """A new account, logged in; with a small library if it is to be furnished."""
        self._made += 1
        for kept in (self._admin, self._anonymous):
            kept.close()  # the server may have done so, too, by now
        name = f"user{self._shard}-{self._made}"
        email = f"{name}@example.com"
        account = {"email": email, "username": name, "password": PASSWORD}
        self._admin.post("/api/auth/admin/users", account)
        answer = self._anonymous.post("/api/auth/login", {"email": email, "password": PASSWORD})
        user = User(answer["user"]["id"], email, answer["access_token"])
        if is_furnished:
            Connection(self._url, user.token).post("/api/backup/import", LIBRARY)
        return user


class Asker:
    """Asks one operation after the other; each has a user of its own."""

    def __init__(self, url: str, shard: int) -> None:
        self._url = url
        self._session = requests.Session()
        self._accounts = Accounts(url, shard)
        self.asked = Asked()
        self._chance = random.Random(shard)
        self._user = self._accounts.new_user()

    def ask_about(self, operation: Any, examples: int, number: int) -> None:
        """So many requests for an operation."""
        self._user = self._accounts.new_user(is_furnished=True)
        cases = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def ask(case: Case) -> None:
            self._put_known_values(case)
            self._send_as_everybody(case)

        ask()

    def _put_known_values(self, case: Case) -> None:
        chance = self._chance
        for name in case.path_parameters or {}:
            if name == "user_id":
                values: list[Any] = [self._accounts.new_user().id] if chance.random() < 0.5 else []
            else:
                values = KNOWN.get(name, [])
            if values and chance.random() < 0.5:
                case.path_parameters[name] = quote(str(chance.choice(values)), safe="")

    def _send_as_everybody(self, case: Case) -> None:
        try:
            request = case.as_transport_kwargs(self._url)
        except (UnicodeError, ValueError):
            return  # what no client can send
        made_up = [request["headers"].pop(name) for name in [*request["headers"]] if name.lower() == "authorization"]
        self.asked.cases += 1
        for caller in CALLERS:
            headers = {**request["headers"], **self._credentials(case.operation.label, caller, made_up)}
            self._judge(case, caller, request | {"headers": headers})

    def _credentials(self, label: str, caller: str, made_up: list[str]) -> dict[str, str]:
        """The header that this caller sends."""
        if caller == "no token":
            return {}
        if caller == "bad token":
            return {"Authorization": self._chance.choice([*self._accounts.bad_tokens, *made_up])}
        is_last = label in LAST_CALLS
        if caller == "user":
            token = self._accounts.new_user().token if is_last else self._user.token
        else:
            token = self._accounts.new_admin_token() if is_last else self._accounts.admin_token
        return {"Authorization": f"Bearer {token}"}

    def _judge(self, case: Case, caller: str, request: dict[str, Any]) -> None:
        label, asked = case.operation.label, self.asked
        try:
            answer = self._session.request(**request, timeout=60)
        except (requests.ConnectionError, requests.Timeout) as error:
            self._note(f"{label}: no answer", case, repr(error))
            return
        except (requests.RequestException, UnicodeError, ValueError):
            return  # what no client can send
        asked.statuses[str(answer.status_code)] += 1
        asked.operations[label] += 1
        for fault in _faults_in(case, caller, answer):
            if fault.startswith("provider:"):
                asked.provider_problems[f"{label} {fault}"] += 1
            else:
                self._note(f"{label} as {caller}: {fault}", case, answer.text[:500])

    def _note(self, fault: str, case: Case, text: str) -> None:
        self.asked.fault_count += 1
        fault = fault[:400]
        if fault not in self.asked.faults and len(self.asked.faults) < MAX_FAULTS:
            self.asked.faults[fault] = f"{case.as_curl_command()[:1500]} -> {text}"
            sys.stderr.write(f"{fault}\n")


def _faults_in(case: Case, caller: str, answer: Any) -> list[str]:
    faults = []
    status = answer.status_code
    documented = case.operation.definition.raw["responses"]
    is_no_http = f"{status} {_code_of(answer)}" in _answers_to_no_http(case)
    if str(status) not in documented and not is_no_http:
        faults.append(f"{status} is not documented")
    checks = CHECKS
    if status in (502, 503) and (code := _code_of(answer)).startswith("provider_"):
        faults.append(f"provider: {status} {code}")
        checks = CHECKS[1:]
    try:
        case.validate_response(answer, checks=checks)
    except BaseExceptionGroup as group:
        faults += [f"{type(each).__name__} {status} {str(each)[:300]}" for each in group.exceptions]
    return faults if is_no_http else faults + _wrong_door(case, caller, answer)


def _wrong_door(case: Case, caller: str, answer: Any) -> list[str]:
    """Whether somebody was let in, or kept out, who should not have been."""
    opener = _opener(case.operation)
    if opener is None:
        return []
    status, code = answer.status_code, _code_of(answer)
    is_known = caller in ("user", "admin")
    if not is_known and status != 401 and not (status == 404 and code == "not_found"):
        return [f"{status} {code} for a bad token"]
    if is_known and code == "bad_token":
        return ["401 for a good token"]
    if is_known and (status == 403) != (caller != opener) and not (status == 404 and code == "not_found"):
        return [f"{status} {code} for the token of a {caller}"]
    return []


def _opener(operation: Any) -> str | None:
    """Whose token opens an operation, None when it needs none."""
    security = operation.definition.raw.get("security")
    return str(next(iter(security[0]))) if security else None


def _answers_to_no_http(case: Case) -> set[str]:
    """Status and code of what may be answered, whatever the operation, to what is no proper HTTP."""
    raw = case.operation.schema.raw_schema["components"]["responses"]["DEFAULT_ERROR"]
    examples = raw["content"]["application/json"]["examples"]
    return {f"{each['summary'].partition(' ')[0]} {code}" for code, each in examples.items()}


def _code_of(answer: Any) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def asker(url: str, document: dict[str, Any], shard: int, shards: int, wanted: int) -> Job:
    """A process that asks its share of the operations until it has asked often enough."""

    def job(shift: Shift) -> Asked:
        warnings.simplefilter("ignore")
        operations = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
        share = operations[shard::shards]
        mine = Asker(url, shard)
        turn = 0
        while (made := mine.asked.operations.total()) < wanted and len(mine.asked.faults) < MAX_FAULTS:
            sys.stderr.write(f"shard {shard}: {made} requests, {mine.asked.fault_count} faults\n")
            examples = max(2, min(100, (wanted - made) // (len(share) * len(CALLERS)) + 1))
            for operation in share:
                mine.ask_about(operation, examples, turn * shards + shard)
                turn += 1
        return mine.asked

    return job


def run(requests: int, shards: int, database: str) -> dict[str, Any]:
    """Send at least this many requests, shared by the shards; returns the figures."""
    with site(database, LOG_REQUESTS="no") as place, place.serving() as server:
        document = Connection(server.url).get("/openapi.json")
        jobs = [asker(server.url, document, shard, shards, -(-requests // shards)) for shard in range(shards)]
        with Crew(jobs) as crew:
            asked: list[Asked] = crew.wait()
        damage, log = place.damage(), server.stderr
    faults = {fault: how for each in asked for fault, how in each.faults.items()}
    faults |= {f"the database: {fault}": "" for fault in damage}
    if "Traceback" in log:
        faults["a stack trace in the log"] = log[log.index("Traceback") :][:3000]
    operations = sum((each.operations for each in asked), Counter[str]())
    return {
        "database": database,
        "wanted": requests,
        "cases": sum(each.cases for each in asked),
        "requests": operations.total(),
        "operations": len(operations),
        "least_requests_of_an_operation": min(operations.values()),
        "statuses": dict(sorted(sum((each.statuses for each in asked), Counter[str]()).items())),
        "provider_problems": dict(sum((each.provider_problems for each in asked), Counter[str]())),
        "fault_count": sum(each.fault_count for each in asked) + len(damage),
        "faults": faults,
    }


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether every response was as described."""
    return not figures["faults"] and figures["requests"] >= figures["wanted"]


if __name__ == "__main__":
    script(__doc__, run, is_proved, requests=100_000, shards=2, database="sqlite")
