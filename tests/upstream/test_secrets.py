"""Keys reach the upstream and nothing else: no cache key, stored response, log, error or file."""

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from upstream.scripted_server import Reply, ScriptedServer, answer, break_off, content, hang_up, silence

from movietracker.errors import ProviderRefused
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import ProxyHttp

PARAM, HEADER = "s3cr3t-param-k3y", "s3cr3t-header-k3y"


@pytest.fixture
def keyed(proxy: ProxyHttp, upstream: ScriptedServer) -> JsonHttpClient:
    return proxy(
        "films",
        upstream.url,
        secret_params={"api_key": PARAM},
        secret_headers={"Authorization": f"Bearer {HEADER}"},
        requests_per_second=1000,
    )


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    assert records, "nothing was logged at all, so nothing was tested"
    for record in records:
        assert "s3cr3t" not in f"{record.getMessage()} {record.args} {record.exc_text} {record.__dict__}"


def files_with_secrets(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]


def test_keys_reach_the_upstream(keyed: JsonHttpClient, upstream: ScriptedServer) -> None:
    keyed.get_json("/1", {"q": "x"})
    keyed.get_json("/2")
    assert [seen.query for seen in upstream.seen] == [{"q": "x", "api_key": PARAM}, {"api_key": PARAM}]
    assert {seen.headers["authorization"] for seen in upstream.seen} == {f"Bearer {HEADER}"}


@pytest.mark.usefixtures("everything_logged")
def test_keys_are_in_no_file_and_no_log(
    keyed: JsonHttpClient, proxy: ProxyHttp, upstream: ScriptedServer, tmp_path: Path
) -> None:
    upstream.says(answer({"a": 1}, headers={"X-Echo": PARAM, "Link": f"<{upstream.url}/?api_key={PARAM}>"}))
    keyed.get_json("/1", {"q": "x"})
    proxy.close()
    assert (tmp_path / "http_cache.sqlite").is_file()
    assert files_with_secrets(tmp_path) == []


@pytest.mark.usefixtures("everything_logged")
@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize(
    "trouble",
    [
        *(answer({}, 500), answer({}, 401), answer({}, 404)),
        answer({}, 302, {"Location": f"http://127.0.0.1:1/?api_key={PARAM}"}),
        *(content(b"<h1>"), silence, hang_up, break_off),
        content(b"{}", headers={"Broken header": "", "": ""}),
    ],
)
def test_keys_are_in_no_error_and_no_log(
    keyed: JsonHttpClient, upstream: ScriptedServer, clock: time_machine.Traveller, trouble: Reply, expired: bool
) -> None:
    if expired:
        keyed.get_json("/")
        clock.shift(4000)
    upstream.says(trouble)
    try:
        keyed.get_json("/")
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not show a key
        chain: BaseException | None = error
        while chain is not None:
            assert "s3cr3t" not in "".join(traceback.format_exception(chain)) + repr(vars(chain))
            chain = chain.__cause__ or chain.__context__


def test_keys_do_not_go_where_a_redirect_points(keyed: JsonHttpClient, upstream: ScriptedServer) -> None:
    with ScriptedServer() as other:
        upstream.says(answer({}, 302, {"Location": f"{other.url}/take"}))
        with pytest.raises(Exception, match="redirect"):
            keyed.get_json("/")
        assert other.connections == 0


def test_a_new_key_finds_the_responses_of_the_old_one(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    for key in ("old-key-1", "new-key-2"):
        proxy("films", upstream.url, secret_params={"api_key": key}).get_json("/")
    assert upstream.calls == 1


def test_a_response_with_a_key_is_not_stored(keyed: JsonHttpClient, proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    for key in (PARAM, HEADER):
        upstream.says(answer({"your_key": key}))
        assert keyed.get_json("/") == {"your_key": key}
    assert proxy.cache_info()["current_size"] == 0


def test_a_key_with_special_characters_arrives_as_it_is(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    proxy("films", upstream.url, secret_params={"key": "a&b=c d/é\n"}).get_json("/", {"q": "1"})
    assert upstream.seen[0].query == {"q": "1", "key": "a&b=c d/é\n"}


@pytest.mark.parametrize("value", ["s3cr3t\r\nHost: evil", "s3cr3t\n", "s3cr3t-é", "s3cr3t\0"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(
    proxy: ProxyHttp, upstream: ScriptedServer, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    client = proxy("films", upstream.url, secret_headers={"Authorization": value})
    with pytest.raises(ProviderRefused, match="cannot be sent") as caught:
        client.get_json("/")
    assert "s3cr3t" not in str(caught.value) + caplog.text
    assert upstream.calls == 0


def test_credentials_in_the_base_url_are_secret(proxy: ProxyHttp, upstream: ScriptedServer, tmp_path: Path) -> None:
    proxy("films", upstream.url.replace("//", "//me:s3cr3t%40@")).get_json("/")
    assert upstream.seen[0].headers["authorization"] == "Basic bWU6czNjcjN0QA=="
    proxy.close()
    assert files_with_secrets(tmp_path) == []


def test_passwords_of_netrc_are_not_sent(
    proxy: ProxyHttp, upstream: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cr3t\n")
    monkeypatch.setenv("NETRC", str(netrc))
    proxy("films", upstream.url).get_json("/")
    assert "authorization" not in upstream.seen[0].headers
