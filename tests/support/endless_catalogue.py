"""TMDB and OMDb on loopback that know every IMDb id: for libraries larger than the stand-in's."""

import re
from typing import Any

from standin import Answer, Call, LoopbackServer
from standin.tmdb_data import Title
from standin.tmdb_shapes import credits_of, details_of, external_ids_of, title_item


class EndlessCatalogue(LoopbackServer):
    """Every well-formed IMDb id is a movie named after it; ``unknown`` ones are not there."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()
        super().__init__({"tmdb": self._tmdb, "omdb": self._omdb})

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that make the application use it, and nothing else."""
        return {
            "TMDB_API_KEY": "0123456789abcdef",
            "TMDB_BASE_URL": f"{self.url}/tmdb",
            "OMDB_API_KEY": "12345678",
            "OMDB_BASE_URL": f"{self.url}/omdb",
            "METADATA_PROVIDERS": "tmdb,omdb",
        }

    @property
    def titles_found(self) -> list[str]:
        """The IMDb ids that TMDB was asked for, in order."""
        return [call.path.removeprefix("/find/") for call in self.calls_of("tmdb") if call.path.startswith("/find/")]

    def _tmdb(self, call: Call) -> Answer:
        found = re.fullmatch(r"/find/tt(\d{7,})", call.path)
        if found and found[1] not in self.unknown:
            return Answer({"movie_results": [title_item(_title(int(found[1])), with_type=True)], "tv_results": []})
        if found:
            return Answer({"movie_results": [], "tv_results": []})
        detailed = re.fullmatch(r"/movie/(\d+)", call.path)
        if detailed is None:
            return Answer({"status_code": 34}, 404)
        title = _title(int(detailed[1]))
        return Answer(details_of(title) | {"credits": credits_of(title), "external_ids": external_ids_of(title)})

    def _omdb(self, call: Call) -> Answer:
        imdb_id = call.query["i"]
        if imdb_id.removeprefix("tt") in self.unknown:
            return Answer({"Response": "False", "Error": "Error getting data."})
        return Answer({"Response": "True", "imdbID": imdb_id, "Title": f"Movie {imdb_id}", "imdbRating": "7.5"})


def _title(number: int) -> Title:
    imdb_id = f"tt{number:07}"
    return Title("movie", number, imdb_id, f"Movie {imdb_id}", "1999-03-30", (18,), 100)
