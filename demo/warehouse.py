"""The warehouse of the demo, opened for reading only. So all numbers come from what was loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from freshsales_sandbox.app import DOMAIN


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def foreign_accounts(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """Accounts with receipts in the file, raw or staged, that are not the sandbox's."""
    receipts = warehouse.sql(
        "select table_schema, table_name from information_schema.tables "
        "where table_name in ('sync_receipts', 'stg_freshsales__sync_receipts')"
    ).fetchall()
    found: set[str] = set()
    for schema, table in receipts:
        accounts = warehouse.sql(f'select distinct account from "{schema}"."{table}"').fetchall()  # noqa: S608
        found |= {account for (account,) in accounts}
    return sorted(found - {DOMAIN})
