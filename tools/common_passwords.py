"""Write movietracker/services/common_passwords.txt anew, from the list of leaked passwords that zxcvbn ships.

Run with ``uv run --no-project --with zxcvbn==4.5.0 tools/common_passwords.py`` after a new release of zxcvbn.
"""

from importlib.metadata import version
from pathlib import Path

SHORTEST, MOST = 8, 10_000
TARGET = Path(__file__).parents[1] / "movietracker/services/common_passwords.txt"


def main() -> None:
    """Write the commonest passwords that are long enough, the commonest first."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-not-found]

    listed = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= SHORTEST][:MOST]
    heading = f"# From zxcvbn {version('zxcvbn')} (MIT license, Copyright (c) 2016 Daniel Wolf)"
    TARGET.write_text("\n".join([heading, *listed, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
