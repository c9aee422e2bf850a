"""What importers keep until the end of a file is little, whatever strangers write into it."""

import tracemalloc
from collections.abc import Callable

import pytest
from support.uploads import upload

from movietracker.imports.census import Census
from movietracker.imports.detection import find_importer
from movietracker.imports.reading import read_rows
from movietracker.state import state

LONG = "x" * 9_000
TIMES = 300

Made = Callable[[int], str]
HOSTILE: dict[str, tuple[str, Made]] = {
    "profiles": ("Title Name,Profile Name,Thumbs Value,Star Value\n", lambda at: f"Heat,{at}{LONG},2,\n"),
    "rewatches": ("uuid,type,movie_name,created_at,rewatch_count\n", lambda at: f"{at}{LONG},rewatch,Heat,,\n"),
    "lists of TV Time": (
        "objects,s_key,type,name,description\n",
        lambda at: f"map[id:{at} type:series],{at},list,{at}{LONG},{at}{LONG}\n",
    ),
    "lists of Floppy": (
        "row_type,media_id,media_type,title,status,score,list_uid,list_name,list_description\n",
        lambda at: f"list,,,,,,{at}{LONG},{at}{LONG},{at}{LONG}\n",
    ),
    "places of Floppy": (
        "row_type,media_id,media_type,title,status,score,list_uid,list_name,list_description\n",
        lambda at: f"list_item,{at},movie,Heat,,,{at}{LONG},,\n",
    ),
    "lists of Trakt": (
        '[{"name":"a","privacy":"public","item_count":1,"ids":{"trakt":1}}',
        lambda at: f',{{"name":"{at}","ids":{{"trakt":{at + 2}}},"description":"{at}{LONG}"}}',
    ),
    "people of the original": (
        '{"version":1,"movies":[{"imdb_id":"tt0113277","status":"watched"}],"people":[{"id":0,"name":"a"}',
        lambda at: f',{{"id":{at},"name":"{at}{LONG}"}}',
    ),
    "keys": ('[{"title":"Heat","recommended by":"Mum"}', lambda at: f',{{"title":"Heat","{at}{LONG}":1}}'),
    "notes": ("# Films\n- Heat (1995)\n", lambda at: f"  - {at}{LONG}\n"),
    "headings": ("# Films\n- Heat (1995)\n", lambda at: " " * at + f"- from {at}{LONG}\n"),
    "rows before a list": (
        "\nDate,Name,Tags,URL,Description\n,Best,,,\n",
        lambda at: f"{at}{LONG}\n",
    ),
    "an open quote": ('Title,Date\n"', lambda at: f'{LONG}\n","'),
    "spellings": ("title,recommended_by\n", lambda at: f"{at},Mum - {at}{LONG}\n"),
    "elements": ("<recentratings>", lambda at: "<x/>" * 200),
}
BESIDE = {"lists of Trakt": {"history": '[{"id":1,"action":"watch","type":"movie","movie":{"title":"Heat"}}]'}}


def peak_of(case: str, times: int) -> int:
    """Bytes that reading takes at most."""
    head, made = HOSTILE[case]
    files = upload({"file": head + "".join(map(made, range(times))), **BESIDE.get(case, {})})
    tracemalloc.start()
    try:
        Census(read_rows(find_importer(state().importers, files), files)).people()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("case", HOSTILE)
def test_long_and_endless_texts_are_not_kept(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setattr("movietracker.imports.census.MAX_KEPT_LENGTH", 100_000)
    monkeypatch.setattr("movietracker.uploads.tables.MAX_ROW_LENGTH", 100_000)
    monkeypatch.setattr("movietracker.uploads.xml_items.MAX_ELEMENT_BYTES", 20_000)
    before = peak_of(case, 1)  # also caches what is compiled once
    assert peak_of(case, TIMES) < before + 1_500_000
