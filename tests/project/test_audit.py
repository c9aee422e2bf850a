"""The audit of make lint: fails on findings, says plainly when it could not look."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

FINDING = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CLEAN", tmp_path / "audited")
    return module


def package(*found: Any, **fields: str) -> dict[str, Any]:
    return {"name": "somebody", "version": "1.0", **(fields or {"vulns": list(found)})}


def run(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, probe: Any, report: Any = None) -> int:
    answers = iter([probe, report])
    monkeypatch.setattr(tool, "audit", lambda _: next(answers))
    code: int = tool.main()
    return code


def listed(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def test_findings_fail_and_are_named(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tool, monkeypatch, listed(package()), listed(package(), package(FINDING))) == 1
    assert "somebody 1.0: PYSEC-1, mended in 2.0" in capsys.readouterr().out


def test_a_clean_lock_passes_and_is_not_asked_about_again_for_a_day(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tool, monkeypatch, listed(package()), listed(package(), package())) == 0
    assert "nothing known about 2 packages; 0 could not" in capsys.readouterr().out
    assert run(tool, monkeypatch, None) == 0
    assert "less than a day ago" in capsys.readouterr().out


def test_findings_are_not_remembered_as_clean(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tool, monkeypatch, listed(package()), listed(package(FINDING))) == 1
    assert run(tool, monkeypatch, listed(package()), listed(package(FINDING))) == 1


@pytest.mark.parametrize("probe", ["Connection refused", listed(package(skip_reason="not found on PyPI"))])
def test_where_no_index_can_be_asked_it_says_so_and_does_not_fail(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], probe: Any
) -> None:
    assert run(tool, monkeypatch, probe) == 0
    assert "NOT AUDITED" in capsys.readouterr().out


def test_the_probe_is_one_whole_requirement_of_the_lock(tool: ModuleType) -> None:
    sample = tool.one_package(tool.LOCK.read_text())
    assert sample.count("==") == 1
    assert "--hash=sha256:" in sample
    assert not sample.rstrip().endswith("\\")
