"""What a program shows on a terminal."""


def everything_shown_on(master: int) -> str:
    """All that comes out of a pseudo-terminal until its other side is closed."""
    shown = b""
    with open(master, "rb", buffering=0) as screen:
        while True:
            try:
                shown += screen.read(4096)
            except OSError:  # the other side is closed
                return shown.decode()
