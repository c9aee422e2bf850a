"""Metadata by the Acme Film Archive, an invented service: the worked example of a movietracker plugin."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from movietracker.pluginapi import (
    Capability,
    CastMember,
    Credits,
    CrewMember,
    MediaType,
    MetadataProvider,
    PluginContext,
    ProviderFailed,
    ProviderRefused,
    SearchHit,
    Setting,
    TitleDetails,
    TitleUnknown,
    WebProvider,
    hookimpl,
    text,
    url,
)

Film = Mapping[str, Any]


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the plugin's settings; a secret is never shown."""
    register(Setting("ACME_API_KEY", text, "", "Key of the Acme Film Archive.", secret=True))
    register(Setting("ACME_BASE_URL", url, "https://films.acme.example", "Address of the Acme Film Archive."))


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Register one provider, configured or not; the application calls only a configured one."""
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
    """Return the error in a response with status 200, which Acme sends even on errors; it is not cached."""
    if not isinstance(answer, dict):
        return ProviderFailed("Acme returned nonsense.")
    if answer.get("problem") == "quota":
        return ProviderRefused("Acme's quota is exceeded.")
    return ProviderFailed("Acme has a problem.") if "problem" in answer else None


class AcmeProvider(WebProvider):
    """Search and details, of movies only."""

    name = "acme"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS})
    id_namespace = 7
    key_setting = "ACME_API_KEY"

    def check(self) -> str:
        """Send a small request; raises the errors of the HTTP client."""
        self.http.get_json("/films", {"q": "a"}, fresh=True)
        return "Acme responds and accepts the key."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Return films whose name contains the query, in Acme's order."""
        films = self.http.get_json("/films", {"q": query.strip()}).get("films")
        if not isinstance(films, list):
            raise ProviderFailed("Acme returned nonsense.")
        found = [hit(film) for film in films if isinstance(film, dict) and "number" in film and film.get("name")]
        return [each for each in found if year is None or each.year == str(year)]

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """Return the film with this number; the HTTP client raises TitleUnknown for 404."""
        if media_type != "movie":
            raise TitleUnknown
        return details(self.http.get_json(f"/films/{title_id}", fresh=fresh))

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """Return the film with this IMDb id."""
        if not re.fullmatch(r"tt[0-9]{7,}", imdb_id):
            raise TitleUnknown
        return details(self.http.get_json(f"/films/imdb/{imdb_id}", fresh=fresh))

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Return the cast and crew of the film."""
        if media_type != "movie":
            raise TitleUnknown
        people = self.http.get_json(f"/films/{title_id}").get("people", [])
        return Credits(
            cast=tuple(CastMember(each["name"], each["role"], n) for n, each in enumerate(people) if "role" in each),
            crew=tuple(CrewMember(each["name"], each["job"]) for each in people if "job" in each),
        )


def hit(film: Film) -> SearchHit:
    """Return the search hit of a film."""
    return SearchHit(id=film["number"], title=film["name"], media_type="movie", year=year(film))


def details(film: Film) -> TitleDetails:
    """Return the details of a film; ``raw`` is Acme's unchanged response."""
    if not isinstance(film.get("number"), int) or not film.get("name"):
        raise ProviderFailed("Acme returned nonsense.")
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
    """Return the year as text, None if Acme does not know it."""
    made = film.get("made")
    return str(made) if isinstance(made, int) and 1800 <= made <= 2999 else None
