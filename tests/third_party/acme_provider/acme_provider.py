"""Metadata by the Acme Film Archive, an invented service: the worked example of a movietracker plugin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from movietracker.pluginapi import (
    BaseProvider,
    Capability,
    CastMember,
    Credits,
    CrewMember,
    JsonHttpClient,
    MediaType,
    MetadataProvider,
    PluginContext,
    ProviderFailed,
    ProviderNotConfigured,
    ProviderRefused,
    SearchHit,
    Setting,
    TitleDetails,
    TitleUnknown,
    hookimpl,
    text,
    url,
)

Film = Mapping[str, Any]


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare what the plugin reads; a secret is never shown."""
    register(Setting("ACME_API_KEY", text, "", "Key of the Acme Film Archive.", secret=True))
    register(Setting("ACME_BASE_URL", url, "https://films.acme.example", "Address of the Acme Film Archive."))


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Offer one provider, configured or not; the core asks only a configured one."""
    key = context.settings["ACME_API_KEY"]
    http = context.http_client(
        "acme",
        context.settings["ACME_BASE_URL"],
        secret_headers={"X-Acme-Key": key} if key else None,
        requests_per_second=5,
        fault=fault,
    )
    register(AcmeProvider(http if key else None))


def fault(answer: Any) -> Exception | None:
    """Acme answers 200 even when something is wrong: such an answer is an error, and is not cached."""
    if not isinstance(answer, dict):
        return ProviderFailed("Acme gave an answer that makes no sense.")
    if answer.get("problem") == "quota":
        return ProviderRefused("Acme's quota is used up.")
    return ProviderFailed("Acme has a problem.") if "problem" in answer else None


class AcmeProvider(BaseProvider):
    """Search and details; it has movies only."""

    name = "acme"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS})
    id_namespace = 7

    def __init__(self, http: JsonHttpClient | None) -> None:
        self._client = http

    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._client is not None

    def check(self) -> str:
        """Ask for something small; raises what the HTTP client raises."""
        self._get("/films", {"q": "a"}, fresh=True)
        return "Acme answers and accepts the key."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Films whose name contains the query, in Acme's order."""
        films = self._get("/films", {"q": query.strip()}).get("films")
        if not isinstance(films, list):
            raise ProviderFailed("Acme gave an answer that makes no sense.")
        found = [hit(film) for film in films if isinstance(film, dict) and "number" in film and film.get("name")]
        return [each for each in found if year is None or each.year == str(year)]

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The film with this number; a 404 is already TitleUnknown."""
        if media_type != "movie":
            raise TitleUnknown
        return details(self._get(f"/films/{title_id}", fresh=fresh))

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The film with this IMDb id."""
        if not re.fullmatch(r"tt[0-9]{7,}", imdb_id):
            raise TitleUnknown
        return details(self._get(f"/films/imdb/{imdb_id}", fresh=fresh))

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Everybody in the film."""
        if media_type != "movie":
            raise TitleUnknown
        people = self._get(f"/films/{title_id}").get("people", [])
        return Credits(
            cast=tuple(CastMember(each["name"], each["role"], n) for n, each in enumerate(people) if "role" in each),
            crew=tuple(CrewMember(each["name"], each["job"]) for each in people if "job" in each),
        )

    def _get(self, path: str, params: Mapping[str, Any] | None = None, *, fresh: bool = False) -> Film:
        if self._client is None:
            raise ProviderNotConfigured("Acme needs a key: set ACME_API_KEY.")
        answer: Film = self._client.get_json(path, params, fresh=fresh)
        return answer


def hit(film: Film) -> SearchHit:
    """One row of a search answer."""
    return SearchHit(id=film["number"], title=film["name"], media_type="movie", year=year(film))


def details(film: Film) -> TitleDetails:
    """All that Acme has of a film; ``raw`` keeps its answer as it is."""
    if not isinstance(film.get("number"), int) or not film.get("name"):
        raise ProviderFailed("Acme gave an answer that makes no sense.")
    people = film.get("people", [])
    return TitleDetails(
        title_id=film["number"],
        imdb_id=film.get("imdb"),
        title=film["name"],
        media_type="movie",
        year=year(film),
        cast=tuple(each["name"] for each in people if "role" in each),
        director=next((each["name"] for each in people if each.get("job") == "Director"), None),
        runtime=film.get("minutes"),
        raw=film,
    )


def year(film: Film) -> str | None:
    """The year as text, None when Acme does not know it."""
    made = film.get("made")
    return str(made) if isinstance(made, int) and 1800 <= made <= 2999 else None
