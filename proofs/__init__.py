"""Long proofs, each with a short form that CI runs; README.md says what they are and how to run them."""

import sys
from pathlib import Path

# The helpers of the tests; pytest finds them by its setting ``pythonpath``.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
