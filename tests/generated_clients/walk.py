"""What one does with a client that openapi-python-client made; the tests check its types, and run it."""

import gzip
import json
import sys
from io import BytesIO
from typing import TypeVar

from movietracker_client import AuthenticatedClient, Client
from movietracker_client.api.auth import admin_login, create_user, login
from movietracker_client.api.backup import export_library, import_library
from movietracker_client.api.movies import add_movie, list_movies, recommend
from movietracker_client.api.sync import push_batch, push_one
from movietracker_client.models import (
    AddListData,
    AddListPush,
    AddMovieAction,
    AddMovieData,
    AdminLogin,
    Batch,
    Counts,
    Document,
    Error,
    Login,
    NewMovie,
    NewRecommendation,
    NewUser,
    TitleDetails,
    WatchMovieAction,
    WatchMovieData,
)
from movietracker_client.types import File

T = TypeVar("T")


def good(response: T | Error | None) -> T:
    """The response, unless it is an error."""
    if response is None or isinstance(response, Error):
        sys.exit(f"refused: {response}")
    return response


url, admin_token = sys.argv[1:]
anonymous = Client(url)
admin = AuthenticatedClient(url, good(admin_login.sync(client=anonymous, body=AdminLogin(admin_token))).access_token)
good(create_user.sync(client=admin, body=NewUser("anna@example.com", "anna", "a long secret")))
token = good(login.sync(client=anonymous, body=Login("anna@example.com", "a long secret"))).access_token
client = AuthenticatedClient(url, token)

good(add_movie.sync(client=client, body=NewMovie(imdb_id="tt0133093", recommender="Anna")))
good(recommend.sync("tt0133093", client=client, body=NewRecommendation(person_name="Ben", vote_type="downvote")))
pushed = good(
    push_batch.sync(
        client=client,
        body=Batch(
            actions=[
                WatchMovieAction("watchMovie", WatchMovieData("tt0133093", my_rating=8.5)),
                AddMovieAction("addMovie", AddMovieData("tt0113277", recommender="Ben"), id="heat"),
            ]
        ),
    )
)
good(push_one.sync(client=client, body=AddListPush("addList", AddListData("Rainy"), cursor=pushed.cursor)))

library = good(export_library.sync(client=client))
assert isinstance(library, Document)
packed = File(BytesIO(gzip.compress(json.dumps(library.to_dict()).encode())))
compared = good(import_library.sync(client=client, body=packed, dry_run=True)).kept
assert isinstance(compared, Counts)
movies = good(list_movies.sync(client=client, sort="title"))
(details,) = [movie.tmdb_data for movie in movies if movie.imdb_id == "tt0133093"]  # the other's come later
assert isinstance(details, TitleDetails)

print(
    json.dumps(
        {
            "pushed": [result.status for result in pushed.results],
            "kept": [compared.movies, compared.lists],
            "movies": {movie.imdb_id: [vote.person for vote in movie.recommendations] for movie in movies},
            "genres": details.genres,
        }
    )
)
