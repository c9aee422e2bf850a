"""The names of the built-in plugins in order, as setup.cfg has them."""

from configparser import ConfigParser
from pathlib import Path

_CONFIG = ConfigParser()
_CONFIG.read(Path(__file__).parents[2] / "setup.cfg")

BUILT_IN = tuple(
    sorted(line.partition(" = ")[0] for line in _CONFIG["options.entry_points"]["movietracker"].strip().splitlines())
)
