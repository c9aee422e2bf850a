"""The user's ranking of watched titles: the liked ones and the others, each group in an order of its own."""

from typing import NamedTuple

from sqlalchemy import ForeignKeyConstraint, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base
from .library import LIBRARY

# Compared byte by byte, whatever the locale of the database; SQLite does so anyway.
ORDER_KEY = String(40).with_variant(String(40, collation="C"), "postgresql")


class Ranking(Base):
    """The place of a title in its group: ``order_key`` sorts between those of its neighbours (services/order_keys.py).

    ``ranked_at`` (Unix seconds) is null once the title was taken out of the ranking, and ``former_key`` its last place
    in the other group: a device that was offline may have put another title after it. ``comparisons`` is JSON text, an
    array of objects with the IMDb ids ``winner`` and ``loser``. Titles that are not watched keep their rows, which are
    not shown; ``is_shown`` repeats that for counting.
    """

    __tablename__ = "rankings"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "imdb_id"], ["movies.user_id", "movies.imdb_id"], ondelete="CASCADE"),
        # Counts the titles that are shown, and finds the one at a position, without reading their rows.
        Index(None, "user_id", "liked", "order_key", "is_shown", "imdb_id"),
        LIBRARY,
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    liked: Mapped[bool]
    order_key: Mapped[str] = mapped_column(ORDER_KEY)
    ranked_at: Mapped[float | None]
    comparisons: Mapped[str | None]
    is_shown: Mapped[bool] = mapped_column(server_default=true())
    former_key: Mapped[str | None] = mapped_column(ORDER_KEY)


class Rank(NamedTuple):
    """What clients see of a title's place; the same fields as Ranking."""

    liked: bool
    order_key: str
    ranked_at: float
