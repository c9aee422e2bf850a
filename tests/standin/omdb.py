"""OMDb by ``i=``: texts for everything, "N/A" for what it does not know, errors with status 200."""

import hmac
import re

from .loopback import Answer, Call
from .omdb_data import RECORDS


def refusal(error: str, status: int = 200) -> Answer:
    """How OMDb says no."""
    return Answer({"Response": "False", "Error": error}, status)


class OmdbService:
    """Answers calls of ``/?apikey=…&i=tt…``."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, call: Call) -> Answer:
        """The answer to one call."""
        key = call.query.get("apikey", "")
        if not key:
            return refusal("No API key provided.", 401)
        if not hmac.compare_digest(key, self._key):
            return refusal("Invalid API key!", 401)
        imdb_id = call.query.get("i", "")
        if not re.fullmatch(r"tt\d{7,}", imdb_id):
            return refusal("Incorrect IMDb ID.")
        record = RECORDS.get(imdb_id)
        # The real one says this of a well-formed id that it has no title for.
        return Answer(record) if record else refusal("Error getting data.")
