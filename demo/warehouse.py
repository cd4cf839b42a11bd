"""The demo's warehouse, read only, so that its numbers come from what was loaded and from nothing else."""

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
    """Accounts in the warehouse that are not the sandbox's."""
    has_receipts = "select 1 from information_schema.tables where table_name = 'sync_receipts'"
    if not warehouse.sql(has_receipts).fetchall():
        return []
    accounts = "select distinct account from freshsales.sync_receipts where account <> ? order by account"
    return [account for (account,) in warehouse.execute(accounts, [DOMAIN]).fetchall()]
