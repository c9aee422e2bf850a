"""The text that is searched, without accents and punctuation."""

from __future__ import annotations

from movietracker_migrations.helpers import refill

from movietracker.text import search_forms

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    refill("movies", ("user_id", "imdb_id"), "search_text", ("search_text",), _folded)


def _folded(text: str) -> str:
    forms = (form for phrase in text.splitlines() for form in search_forms(phrase))
    return "\n".join(dict.fromkeys(forms))[:4000]


def downgrade() -> None:
    """Leave it: what was folded is lost, and an older version still finds what is searched without accents."""
