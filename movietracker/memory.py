"""Collects garbage less often, and returns free memory to the system, on glibc only.

glibc keeps one arena per busy thread, and does not return memory that was freed inside one. A worker (105 MiB at its
start) that served a list of 20,000 movies, 42 MB of JSON, reached 302 MiB, kept 43 MiB after one response, and 24 MiB
more after a hundred. With one arena and a trim after each large response it reaches 240 MiB and keeps 21 MiB, at most
40 after any number.
"""

import ctypes
import gc

LARGE_BYTES = 16 * 1024 * 1024
"""The size of a response from which memory is returned afterwards.

Returning it, and allocating it again for the next response, takes 3 of the 20 ms of a list of 2,000 movies (5 MB).
"""

_COLLECT_AFTER = (20_000, 20, 50)
"""See ``gc.set_threshold``. A list of 2,000 movies has 16,000 dictionaries, lists and tuples, none of them garbage.

With Python's own threshold, of 700, the request takes 5 to 9 % longer, for looking for garbage among them.
"""

_M_ARENA_MAX = -8  # from glibc's malloc.h


def collect_less() -> None:
    """Collect garbage less often, and do not look for it among what has been loaded.

    Else a worker needs half a second of CPU to exit, and seconds on a busy machine.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def keep_one_arena() -> None:
    """Let all threads of this process share one arena; Python's lock lets only one allocate at a time anyway."""
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Return free memory to the system."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # another C library
        return
    function(*arguments)
