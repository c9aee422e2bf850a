"""``movietracker doctor``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click
from flask.cli import ScriptInfo, pass_script_info

from .checks import CHECKS, Finding
from .plain import PlainCommand, plain_errors

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command("doctor", cls=PlainCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_script_info
def doctor(info: ScriptInfo, as_json: bool) -> None:
    """Check settings, keys, database and folders, and say what to mend.

    Each configured provider is asked one real question. The exit code is 1 when something must be mended.
    """
    findings = []
    for finding in _findings(info):
        findings.append(finding)
        if not as_json:
            _show(finding)
    is_healthy = not any(finding.level == "fault" for finding in findings)
    if as_json:
        answer = {"healthy": is_healthy, "findings": [finding.to_json() for finding in findings]}
        click.echo(json.dumps(answer, indent=2))
    sys.exit(0 if is_healthy else 1)


def _findings(info: ScriptInfo) -> Iterator[Finding]:
    try:
        with plain_errors():
            app = info.load_app()
    except click.ClickException as error:
        remedy = "Nothing else can be checked until this is mended."
        yield Finding("start", "fault", error.format_message(), remedy)
        return
    with app.app_context():
        for check in CHECKS:
            yield from check()


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:8}", fg=_COLOURS[finding.level])
    click.echo(f"{level} {finding.subject:14} {finding.sentence}")
    if finding.remedy:
        click.echo(f"{'':8} {'':14} -> {finding.remedy}")
