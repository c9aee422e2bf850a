"""Bringing in what other trackers know: which format a file has, what its rows say, whom they name."""
