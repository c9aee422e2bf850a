"""How right each recommender was, what to watch next, and what a library says; computed when asked for, never stored.

``library`` reads, ``outcomes`` says how well the user liked what they watched, ``people`` judges recommenders by that,
``model`` learns what the user likes, ``queue`` orders what is still to watch, and ``assessment`` keeps the results for
as long as the library does not change.
"""
