"""Where PostgreSQL or Redis is missing, tests are skipped with a reason that is shown; in CI they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS = {
    "no PostgreSQL server answers at": "tests/database/test_migrations.py::test_several_machines_may_migrate_at_once",
    "redis-server is not installed": "tests/test_redis.py::TestDoctor::test_says_that_redis_is_away",
}


def run_without_services(*tests: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run these tests as ``make test`` does, on a machine where nothing of the kind is to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "REQUIRE", "TEST_"))}
    missing = {"PATH": str(Path(sys.executable).parent), "TEST_POSTGRESQL": "postgresql://root@127.0.0.1:1/postgres"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *tests]
    return subprocess.run(
        command, cwd=ROOT, env=kept | missing | settings, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
def test_tests_of_missing_services_are_skipped_and_say_why() -> None:
    result = run_without_services(*NEEDS.values())

    assert result.returncode == 0, result.stdout + result.stderr
    skipped = [line for line in result.stdout.splitlines() if line.startswith("SKIPPED")]
    assert all(any(reason in line for line in skipped) for reason in NEEDS), result.stdout


@pytest.mark.slow
def test_tests_of_missing_services_fail_in_ci() -> None:
    assert "\nexport REQUIRE_SERVICES=1\n" in (ROOT / ".ci" / "run").read_text()
    result = run_without_services(*NEEDS.values(), REQUIRE_SERVICES="1")

    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert len(failed) == len(NEEDS), result.stdout
    assert all(reason in result.stdout for reason in NEEDS)
