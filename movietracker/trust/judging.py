"""Computes the assessment of a whole library."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..schemas.trust import PersonTrust
from .assessment import Assessment, Candidate
from .fitting import MOST_EXAMPLES, fit
from .library import Library
from .model import Example, Model, features_of, public_features, share
from .outcomes import Opinion, opinions_of
from .people import judge_people
from .reasons import Background, Tally


def assess(library: Library, earlier: Model | None = None) -> Assessment:
    """The assessment of a library, by an earlier model if there is one."""
    opinions = opinions_of(library.titles.values())
    people = judge_people(library, opinions, _expected(library, opinions))
    model = fit(_examples(library, opinions)) if earlier is None else earlier
    to_watch = [title for title in library.titles.values() if title.is_to_watch]
    candidates = [Candidate(title, model.log_odds(features_of(title))) for title in to_watch]
    # Rounded, so that the last bit of a sum decides nothing.
    candidates.sort(key=lambda each: (-round(each.log_odds, 9), each.title.imdb_id))
    return Assessment(people, candidates, model, _background(library, opinions, people), earlier is None)


def _examples(library: Library, opinions: Mapping[str, Opinion]) -> list[Example]:
    newest_first = sorted(opinions, key=lambda key: (-(library.titles[key].moment or 0.0), key))
    chosen = sorted(newest_first[:MOST_EXAMPLES])
    return [Example(features_of(library.titles[key]), opinions[key].outcome) for key in chosen]


def _expected(library: Library, opinions: Mapping[str, Opinion]) -> Mapping[str, float]:
    """The outcomes that the public ratings alone lead this user to expect."""
    features = {key: public_features(library.titles[key].facts) for key in opinions}
    model = fit([Example(features[key], opinion.outcome) for key, opinion in opinions.items()])
    return {key: share(model.log_odds(features[key])) for key in opinions}


def _background(library: Library, opinions: Mapping[str, Opinion], people: Iterable[PersonTrust]) -> Background:
    of_genres: defaultdict[str, list[bool]] = defaultdict(list)
    for key, opinion in opinions.items():
        for genre in library.titles[key].facts.genres:
            of_genres[genre].append(opinion.liked)
    genres = {genre: Tally(sum(liked), len(liked)) for genre, liked in of_genres.items()}
    liked = sum(opinion.liked for opinion in opinions.values())
    return Background({each.person_id: each for each in people}, genres, Tally(liked, len(opinions)))
