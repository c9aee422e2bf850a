"""Checks the locked packages for known vulnerabilities. Part of ``make lint``; fails if there are any.

pip-audit queries PyPI for the advisories of each package. If PyPI is unreachable, or a mirror without advisories, the
check says so and does not fail. A clean result is valid for a day.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-dev.lock"  # it contains all of requirements.lock
CLEAN = ROOT / ".venv" / ".audited"
DAY = 86_400.0

Report = dict[str, Any]


def audit(requirements: Path) -> Report | str:
    """Return pip-audit's report on a file of pinned requirements, or the reason why there is none."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, "--progress-spinner", "off", "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        return (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    return report


def audited(report: Report) -> list[Report]:
    """Return the packages that were looked up successfully."""
    return [package for package in report["dependencies"] if "skip_reason" not in package]


def findings(report: Report) -> list[str]:
    """Return a line for each known vulnerability."""
    return [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in audited(report)
        for found in package["vulns"]
    ]


def one_package(lock: str) -> str:
    """Return the first package of a lock with its hashes, enough to check whether advisories are available."""
    lines = [line for line in lock.splitlines() if not line.lstrip().startswith("#")]
    end = next((number for number, line in enumerate(lines[1:], 1) if not line.startswith(" ")), len(lines))
    return "\n".join(lines[:end]) + "\n"


def main() -> int:
    """Audit, print the result, and return the exit code."""
    lock = LOCK.read_text(encoding="utf-8")
    digest = hashlib.sha256(lock.encode()).hexdigest()
    if CLEAN.exists() and CLEAN.read_text() == digest and time.time() - CLEAN.stat().st_mtime < DAY:
        return say("pip-audit: nothing known; looked up less than a day ago.")
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "sample.txt")
        sample.write_text(one_package(lock), encoding="utf-8")
        probe = audit(sample)
    if isinstance(probe, str) or not audited(probe):
        reason = probe if isinstance(probe, str) else probe["dependencies"][0]["skip_reason"]
        return say(f"pip-audit: NOT AUDITED, the advisories cannot be reached from here ({reason}).")
    report = audit(LOCK)
    if isinstance(report, str):
        return say(f"pip-audit: NOT AUDITED: {report}.")
    if found := findings(report):
        return say("pip-audit: known vulnerabilities:", *found, code=1)
    missed = len(report["dependencies"]) - len(audited(report))
    if not missed:
        CLEAN.write_text(digest)
    return say(f"pip-audit: nothing known about {len(audited(report))} packages; {missed} could not be looked up.")


def say(*lines: str, code: int = 0) -> int:
    """Print, and return the code."""
    print(*lines, sep="\n  ")
    return code


if __name__ == "__main__":
    sys.exit(main())
