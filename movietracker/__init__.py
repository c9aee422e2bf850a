"""movietracker: who told me to watch this, and should I trust them?"""

from ._version import __version__
from .factory import create_app

__all__ = ["__version__", "create_app"]
