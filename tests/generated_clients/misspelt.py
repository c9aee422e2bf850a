"""What must not pass mypy."""

from movietracker_client.models import AddMovieAction, AddMovieData, Batch

data = AddMovieData(imdb_id="tt0133093")
Batch(actions=[AddMovieAction(acshun="addMovie", data=data)])
Batch(actions=[AddMovieAction(action="addMoovie", data=data)])
Batch(actions=[AddMovieAction(action="addMovie", data=AddMovieData(imbd_id="tt0133093"))])
