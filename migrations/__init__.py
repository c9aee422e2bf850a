"""Alembic migrations, one purpose per revision."""
