"""The invented service behind the worked plugin: ``LoopbackServer({"acme": acme_archive})`` serves it."""

from typing import Any

from standin.loopback import Answer, Call

KEY = "acme-key"
FILMS: tuple[dict[str, Any], ...] = (
    {
        "number": 7,
        "name": "The Harbour of Brno",
        "made": 1931,
        "imdb": "tt9200007",
        "minutes": 71,
        "people": [{"name": "Ada Novak", "role": "The pilot"}, {"name": "Jan Vrba", "job": "Director"}],
    },
    {"number": 8, "name": "Harbour Lights", "made": None, "imdb": None},
    {"number": 9, "name": "A Field in March", "made": 1948, "imdb": "tt9200009", "minutes": 88},
)


def acme_archive(call: Call) -> Answer:
    """Films by name, by number and by IMDb id."""
    if call.headers.get("x-acme-key") != KEY:
        return Answer({"problem": "key"}, 403)
    if call.path == "/films":
        wanted = call.query.get("q", "").casefold()
        return Answer({"films": [film for film in FILMS if wanted and wanted in film["name"].casefold()]})
    found = [film for film in FILMS if call.path in (f"/films/{film['number']}", f"/films/imdb/{film['imdb']}")]
    return Answer(found[0]) if found else Answer({"problem": "no such film"}, 404)
