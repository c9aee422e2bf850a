"""The long proofs under load and faults, in one command: ``make faults``; docs/reliability.md has their figures."""

from __future__ import annotations

import sys

from sync.prove import Part, main


def _part(name: str, script: str, *options: str, patience: int = 300) -> Part:
    return Part(name, ("-m", f"faults.{script}", *options), patience)


PARTS = (
    _part("8 writers and 8 readers for 60 s (SQLite)", "load", "--seconds", "60"),
    _part("8 writers and 8 readers for 60 s (PostgreSQL)", "load", "--seconds", "60", "--database", "postgresql"),
    _part("a worker killed 20 times (SQLite)", "kill", "--rounds", "20"),
    _part("a worker killed 20 times (PostgreSQL)", "kill", "--rounds", "20", "--database", "postgresql"),
    _part("PostgreSQL restarted 6 times", "postgres_restart", "--rounds", "6"),
    _part("the clock set back an hour (SQLite)", "clock", "--seconds", "30"),
    _part("the clock set back an hour (PostgreSQL)", "clock", "--seconds", "30", "--database", "postgresql"),
    _part("the disk full 5 times", "disk_full", "--rounds", "5"),
    _part("100,000 requests made from the OpenAPI document", "generated", "--requests", "100000", patience=7200),
)

if __name__ == "__main__":
    sys.exit(main(PARTS))
