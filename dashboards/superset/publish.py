"""Makes a copy of the marts for the dashboard, so that no reader ever blocks the loader."""

from pathlib import Path

import duckdb

from dashboards.superset.errors import DashboardError
from freshsales_review.report.queries import MARTS

SCHEMA = "freshsales_identity"
RUN_FIRST = "run the pipeline first (`make demo`, or `meltano run identity`)"


def publish(warehouse: Path, published: Path) -> None:
    """Copy the marts, and nothing else, beside `published`, then rename the copy over it.

    The warehouse is open only while it is read. A process that reads the earlier copy goes on with it.
    """
    if not warehouse.is_file():
        raise DashboardError(f"There is no warehouse at {warehouse}: {RUN_FIRST}, or name another.")
    beside = published.with_name(published.name + ".new")
    beside.unlink(missing_ok=True)
    with duckdb.connect(str(beside)) as copy:
        beside.chmod(0o600)
        _attach(copy, warehouse)
        check_marts(_tables(copy), str(warehouse))
        copy.execute(f"create schema {SCHEMA}")
        for mart in MARTS:
            copy.execute(f"create table {SCHEMA}.{mart} as from warehouse.{SCHEMA}.{mart}")
    beside.rename(published)


def check_marts(present: set[str], place: str) -> None:
    missing = sorted(set(MARTS) - present)
    if missing:
        raise DashboardError(f"{place} has no {SCHEMA}.{', '.join(missing)}: {RUN_FIRST}.")


def _attach(copy: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    path = str(warehouse).replace("'", "''")
    try:
        copy.execute(f"attach '{path}' as warehouse (read_only)")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        if "lock" in reason.lower():
            raise DashboardError(
                f"{warehouse} is held open by another process that writes it: wait until that has ended."
            ) from error
        raise DashboardError(f"{warehouse} cannot be opened as a DuckDB file: {reason}") from error


def _tables(copy: duckdb.DuckDBPyConnection) -> set[str]:
    rows = copy.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'warehouse' and table_schema = ?",
        [SCHEMA],
    ).fetchall()
    return {name for (name,) in rows}
