"""The import contracts of setup.cfg find a bad import of each kind, planted in a copy of the tree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = "Imports run downwards only"
PLUGINS = "Plugins import movietracker.pluginapi and nothing else of ours"
CLIENT = "The client imports nothing of the server's"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages under the names that they are installed by."""
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "movietracker", tmp_path / "movietracker", ignore=without_caches)
    shutil.copytree(ROOT / "plugins", tmp_path / "movietracker_plugins", ignore=without_caches)
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> set[str]:
    program = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^(.+) (BROKEN|KEPT)(?: \(.*\))?$", done.stdout, flags=re.MULTILINE)
    assert {name for name, _ in verdicts} == {LAYERS, PLUGINS, CLIENT}, done.stdout + done.stderr
    broken = {name for name, verdict in verdicts if verdict == "BROKEN"}
    assert done.returncode == (1 if broken else 0)
    return broken


def test_the_tree_keeps_all_contracts(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("movietracker_plugins/omdb/provider.py", "from movietracker.state import state", PLUGINS),
        ("movietracker_plugins/tmdb/__init__.py", "from movietracker import database", PLUGINS),
        ("movietracker_plugins/tmdb/__init__.py", "import movietracker", PLUGINS),
        ("movietracker_plugins/tmdb/shapes.py", "from movietracker.plugin.providers import SearchHit", PLUGINS),
        ("movietracker/client/client.py", "from movietracker.errors import Problem", CLIENT),
        ("movietracker/client/library.py", "from .. import create_app", CLIENT),
        ("movietracker/client/__init__.py", "from ..services import movies", CLIENT),
        ("movietracker/services/__init__.py", "from .. import api", LAYERS),
        ("movietracker/redis_link.py", "from .services import people", LAYERS),
        ("movietracker/sync/__init__.py", "from .. import backup", LAYERS),
        ("movietracker/newcomer.py", "import json", LAYERS),
        ("movietracker/newcomer/__init__.py", "import json", LAYERS),
    ],
)
def test_a_bad_import_is_found(tree: Path, file: str, line: str, contract: str) -> None:
    path = tree / file
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as source:
        source.write(f"\n{line}\n")

    assert contract in broken_contracts(tree)
