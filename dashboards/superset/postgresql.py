"""Checks that the dashboard can read a PostgreSQL warehouse, before the slow start of Superset.

This module is imported only in the environment of Superset.
"""

import sqlalchemy  # type: ignore[import-not-found,unused-ignore]

from dashboards.superset.errors import DashboardError
from dashboards.superset.publish import SCHEMA, check_marts


def check_postgresql(url: str) -> None:
    try:
        address = sqlalchemy.engine.make_url(url)
        engine = sqlalchemy.create_engine(address)
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        # Its message would repeat the URL, and so the password.
        raise DashboardError(
            "The warehouse URL cannot be read: write postgresql://user:password@host:port/database."
        ) from error
    place = f"PostgreSQL at {address.host or 'localhost'}:{address.port or 5432}"
    try:
        inspector = sqlalchemy.inspect(engine)
        present = {*inspector.get_table_names(SCHEMA), *inspector.get_view_names(SCHEMA)}
    except sqlalchemy.exc.OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DashboardError(f"{place} cannot be opened: {reason}") from error
    finally:
        engine.dispose()
    check_marts(present, place)
