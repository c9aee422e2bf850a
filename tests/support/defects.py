"""Seeding a defect into the application under test: an edit of its source while it is imported, in tests only.

``SYNC_DEFECT=name pytest …`` seeds the one of that name in ``sync/defects.py``. A conftest imports this before anything
of the application.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from sync.defects import DEFECTS, Defect, edited

APPLICATION = "movietracker"


class Edited(SourceFileLoader):
    """Loads a module with a defect in it, without a cache of bytecode."""

    def __init__(self, name: str, path: str, defect: Defect) -> None:
        super().__init__(name, path)
        self._defect = defect

    def get_code(self, fullname: str) -> CodeType:
        """The code of the edited source."""
        source = self.get_source(fullname)
        assert source is not None
        return compile(edited(self._defect, fullname, source), self.path, "exec", dont_inherit=True)


class Finder:
    """Finds the modules that a defect edits."""

    def __init__(self, defect: Defect) -> None:
        self._defect = defect

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module with the defect in it; None for any other."""
        if name not in self._defect.modules:
            return None
        spec: Any = PathFinder.find_spec(name, path)
        spec.loader = Edited(name, spec.origin, self._defect)
        return spec  # type: ignore[no-any-return]


def seed(name: str) -> Defect:
    """Seed the defect of this name; nothing of the application may have been imported."""
    assert APPLICATION not in sys.modules, "too late: the application has been imported"
    defect = DEFECTS[name]
    sys.meta_path.insert(0, Finder(defect))
    return defect


SEEDED = seed(os.environ["SYNC_DEFECT"]) if "SYNC_DEFECT" in os.environ else None
"""The defect that these tests run under, if any."""
