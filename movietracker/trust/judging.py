"""Computes the assessment of a whole library."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..schemas.trust import PersonTrust
from .assessment import Assessment, Candidate
from .fitting import MOST_EXAMPLES, fit, match_all
from .library import Library
from .model import Example, Model, features_of, probably_liked, public_features, share
from .outcomes import Opinion, opinions_of
from .people import judge_people
from .reasons import Background, Counts


def assess(library: Library, earlier: Model | None = None) -> Assessment:
    """The assessment of a library, by an earlier model if there is one."""
    opinions = opinions_of(library.titles.values())
    people = judge_people(library, opinions, _expected(library, opinions))
    model = fit(examples_of(library, opinions)) if earlier is None else earlier
    to_watch = [title for title in library.titles.values() if title.is_to_watch]
    matches = match_all(model, [features_of(title) for title in to_watch])
    candidates = [Candidate(title, *match) for title, match in zip(to_watch, matches, strict=True)]
    # Rounded, so that the last bit of a sum decides nothing.
    candidates.sort(key=lambda each: (-round(each.log_odds, 9), each.title.imdb_id))
    return Assessment(people, candidates, model, _background(library, opinions, people), earlier is None)


def examples_of(library: Library, opinions: Mapping[str, Opinion]) -> list[Example]:
    """What the model learns from, in the order of the titles' ids."""
    newest_first = sorted(opinions, key=lambda key: (-(library.titles[key].moment or 0.0), key))
    chosen = sorted(newest_first[:MOST_EXAMPLES])
    return [Example(features_of(library.titles[key]), probably_liked(opinions[key].outcome)) for key in chosen]


def _expected(library: Library, opinions: Mapping[str, Opinion]) -> Mapping[str, float]:
    """The outcomes that the public ratings alone lead this user to expect."""
    # The priors are of how likely a title is to be liked; its outcome changes about half as much.
    public = {key: public_features(library.titles[key].facts) for key in opinions}
    features = {key: {name: value / 2 for name, value in each.items()} for key, each in public.items()}
    model = fit([Example(features[key], opinion.outcome) for key, opinion in opinions.items()])
    return {key: share(model.log_odds(features[key])) for key in opinions}


def _background(library: Library, opinions: Mapping[str, Opinion], people: Iterable[PersonTrust]) -> Background:
    of_genres: defaultdict[str, list[bool]] = defaultdict(list)
    of_decades: defaultdict[int, list[bool]] = defaultdict(list)
    for key, opinion in opinions.items():
        title = library.titles[key]
        for genre in title.facts.genres:
            of_genres[genre].append(opinion.liked)
        if title.decade is not None:
            of_decades[title.decade].append(opinion.liked)
    genres = {genre: Counts(sum(liked), len(liked)) for genre, liked in of_genres.items()}
    decades = {decade: Counts(sum(liked), len(liked)) for decade, liked in of_decades.items()}
    liked = sum(opinion.liked for opinion in opinions.values())
    return Background({each.person_id: each for each in people}, genres, decades, Counts(liked, len(opinions)))
