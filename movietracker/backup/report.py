"""What an import came to, or would come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KINDS = ("movies", "people", "lists")


def _zeros() -> dict[str, int]:
    return dict.fromkeys(KINDS, 0)


@dataclass(slots=True)
class ImportReport:
    """Counts by kind: ``added``, ``changed`` and ``removed`` records, and those ``kept`` as they were before.

    ``needing_enrichment`` are the titles that the import added or changed and whose details are missing.
    ``ignored_fields`` names fields of the document that this server does not know, ``warnings`` are plain sentences.
    """

    replace: bool = False
    dry_run: bool = False
    added: dict[str, int] = field(default_factory=_zeros)
    changed: dict[str, int] = field(default_factory=_zeros)
    removed: dict[str, int] = field(default_factory=_zeros)
    kept: dict[str, int] = field(default_factory=_zeros)
    needing_enrichment: list[str] = field(default_factory=list)
    ignored_fields: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    safety_backup: str | None = None

    def keep(self, kind: str, before: int) -> None:
        """Count what is kept of so many records that there were before."""
        self.kept[kind] = before - self.changed[kind] - self.removed[kind]

    @property
    def imported(self) -> dict[str, int]:
        """How many records of each kind were added or changed."""
        return {kind: self.added[kind] + self.changed[kind] for kind in KINDS}

    def to_json(self) -> dict[str, Any]:
        """The contract's ImportResult, with both generations' keys; more only where there is more to say."""
        imported = self.imported
        answer: dict[str, Any] = {
            "success": True,
            "imported_counts": imported,
            **{f"{kind}_imported": count for kind, count in imported.items()},
            "imdb_ids_needing_enrichment": self.needing_enrichment,
            "errors": [],
        }
        if self.replace or self.dry_run:
            answer |= {"mode": "replace" if self.replace else "merge", "dry_run": self.dry_run}
            answer |= {"added": self.added, "changed": self.changed, "removed": self.removed, "kept": self.kept}
        if self.safety_backup is not None:
            answer["safety_backup"] = self.safety_backup
        for name, said in (("ignored_fields", self.ignored_fields), ("warnings", self.warnings)):
            if said:
                answer[name] = said
        return answer
