"""What the tests of backups share: runs that must come about, and what is recorded of them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, select

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.run import RunReport, run_if_due, run_now
from movietracker.extensions import db
from movietracker.services.accounts import Account, set_backup_enabled

MakeCatalog = Callable[..., Catalog]


def switch_on(*accounts: Account) -> list[str]:
    """Switch nightly backups on; returns the users' ids in the order in which runs take them."""
    for account in accounts:
        set_backup_enabled(account.id, True)
    return sorted(account.id for account in accounts)


def ran(catalog: Catalog, **options: Any) -> RunReport:
    """The report of a run on request."""
    report = run_now(catalog, **options)
    assert report is not None
    return report


def due(catalog: Catalog, *stop: Any) -> RunReport:
    """The report of a nightly run that is due."""
    report = run_if_due(catalog, *stop)
    assert report is not None
    return report


def rows(table: Table) -> list[Any]:
    """All rows of a table."""
    with db.engine.connect() as connection:
        return list(connection.execute(select(table)))
