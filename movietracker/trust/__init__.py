"""How right each recommender was, what to watch next, and what a library says; computed when asked for, never stored.

``library`` reads, ``outcomes`` says how well the user liked what they watched, ``people`` judges recommenders by that,
``model`` learns what the user likes, ``queue`` orders what is still to watch, and ``assessment`` keeps the results for
as long as the library does not change.

``stats`` says in figures what a library holds: ``occasions`` are its viewings on the days of a time zone, ``tallies``
counts titles, and ``recommenders`` what became of upvotes.
"""
