import base64

import orjson
import pytest
from support.client import Client
from support.shapes import assert_problem

from .wire import MATRIX, Wire, action


def forged(*parts: object) -> str:
    """A cursor with these parts inside."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def inside(cursor: str) -> list[object]:
    """What a cursor holds."""
    parts: list[object] = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return parts


def test_a_cursor_is_text_that_survives_an_address(wire: Wire) -> None:
    assert wire.cursor().isascii()
    assert not set(wire.cursor()) & set("+/=?&# %")


def test_the_same_state_gives_the_same_cursor_and_another_state_another(wire: Wire) -> None:
    before = wire.cursor()
    assert wire.cursor() == before
    wire.do("addMovie", imdb_id=MATRIX)
    assert wire.cursor() != before


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "not a cursor", "ünïcode", "AAAA", "A" * 301, "A" * 5000),
        *("W10", "e30", "bnVsbA"),  # [], {}, null
        *(forged(), forged(2, "user", 5, "nonce")),
        *(forged(1, "user", seq, "nonce") for seq in (-1, 2**63, True, 5.0, "5")),
        forged(1, 7, 5, "nonce"),
        forged(1, "user", 5, None),
        forged(1, "user", 5, "nonce", 6),
        forged(1, "user", 5, "nonce", 6, "nonce", 7),
    ],
)
def test_what_no_server_gave_is_400_bad_cursor(wire: Wire, text: str) -> None:
    assert_problem(wire.get(cursor=text), 400, "bad_cursor")
    assert_problem(wire.post({"actions": [], "cursor": text}), 400, "bad_cursor")
    one = {**action("addMovie", imdb_id=MATRIX), "cursor": text}
    assert_problem(wire.post(one, "/api/sync"), 400, "bad_cursor")
    assert wire.since().movies == {}


def test_anothers_cursor_is_410_wrong_user_and_does_nothing(wire: Wire, bens_wire: Wire) -> None:
    answer = wire.get(cursor=bens_wire.cursor())
    assert answer.status_code == 410
    assert (answer.json["code"], answer.json["policy"]) == ("wrong_user", "apply_server")
    answer = wire.post({"actions": [action("addMovie", imdb_id=MATRIX)], "cursor": bens_wire.cursor()})
    assert answer.status_code == 410
    assert answer.json["code"] == "wrong_user"
    assert wire.pull().movies == {}
    assert bens_wire.pull().movies == {}


def test_a_cursor_with_anothers_id_and_ones_own_history_is_of_the_wrong_user(
    wire: Wire, bens_wire: Wire, client: Client
) -> None:
    ben = inside(bens_wire.cursor())[1]
    mixed = forged(1, ben, *inside(wire.cursor())[2:])
    answer = wire.get(cursor=mixed)
    assert (answer.status_code, answer.json["code"]) == (410, "wrong_user")


def test_a_number_beyond_the_head_is_of_another_history(wire: Wire) -> None:
    version, user, seq, nonce = inside(wire.cursor())
    assert isinstance(seq, int)
    answer = wire.get(cursor=forged(version, user, seq + 1, nonce))
    assert answer.status_code == 410
    assert (answer.json["code"], answer.json["policy"]) == ("history_diverged", "upload_differences")


def test_a_number_with_another_nonce_is_of_another_history(wire: Wire) -> None:
    version, user, seq, _ = inside(wire.cursor())
    wire.do("addMovie", imdb_id=MATRIX)
    answer = wire.get(cursor=forged(version, user, seq, "0123456789abcdef"))
    assert (answer.status_code, answer.json["code"]) == (410, "history_diverged")
    answer = wire.post({"actions": [], "cursor": forged(version, user, seq, "0123456789abcdef")})
    assert (answer.status_code, answer.json["code"]) == (410, "history_diverged")


def test_the_cursor_of_the_very_beginning_gives_everything(wire: Wire) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    user = inside(wire.cursor())[1]
    assert set(wire.pull(forged(1, user, 0, "")).movies) == {MATRIX}
