"""Changes rows that others wrote: by the DuckDB of the loader, by the DuckDB of dbt, or in PostgreSQL.

Each DuckDB file has one writer. Deleted rows stay in the free blocks of the file. So the remaining rows are
copied into a new file, which then replaces the old one.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from freshsales_review.errors import ReviewError
from freshsales_review.places import DUCKDB, Places, python_of

# A statement, and its parameters `$1`, `$2`.
Statement = tuple[str, list[Any]]

# Only the DuckDB of the loader may write its file. This script runs in the environment of the loader.
BY_LOADER = """
import json, os, sys
import duckdb
os.umask(0o077)
path, statements, new = json.load(sys.stdin)
connection = duckdb.connect(path)
connection.begin()
for statement, parameters in statements:
    connection.execute(statement, parameters)
connection.commit()
if new:
    name = connection.execute("select current_database()").fetchone()[0]
    quoted = '"' + name.replace('"', '""') + '"'
    connection.execute("attach '" + new.replace("'", "''") + "' as rewritten")
    connection.execute("copy from database " + quoted + " to rewritten")
connection.close()
"""


def change_landing(
    places: Places, statements: Sequence[Statement], *, rewritten: Collection[str] | None = None
) -> None:
    """Change the raw tables in one transaction. Nothing of deleted rows is left in the tables `rewritten`."""
    if places.loader != DUCKDB:
        _change_postgresql(places.landing, statements, rewritten or ())
        return
    python = python_of(DUCKDB)
    if python is None:
        raise ReviewError(
            f"Only the DuckDB of the loader may write {places.landing}, and target-duckdb is not installed "
            "by Meltano here: run this in the Meltano project that loads."
        )
    new = None if rewritten is None else _new_name(places.landing)
    finished = subprocess.run(  # noqa: S603 - the loader's own Python
        [python, "-c", BY_LOADER],
        input=json.dumps([places.landing, statements, new and str(new)]),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["it says nothing"]
        raise ReviewError(f"The DuckDB of the loader could not change {places.landing}: {said[-1]}")
    if new:
        _replace(places.landing, new)


def change_warehouse(
    places: Places, statements: Sequence[Statement], *, rewritten: Collection[str] = ()
) -> None:
    """Change the warehouse in one transaction. Nothing of deleted rows is left in the tables `rewritten`."""
    if places.loader != DUCKDB:
        _change_postgresql(places.warehouse, statements, rewritten)
        return
    try:
        with duckdb.connect(places.warehouse) as connection:
            connection.begin()
            for statement, parameters in statements:
                connection.execute(statement, parameters)
            connection.commit()
    except duckdb.Error as error:
        raise _unchanged(places.warehouse, error) from error


def rewrite_warehouse(places: Places) -> None:
    """Remove what is left of deleted rows. PostgreSQL has done this with the change itself."""
    if places.loader != DUCKDB:
        return
    new = _new_name(places.warehouse)
    before = os.umask(0o077)
    try:
        with duckdb.connect() as connection:
            for path, name in ((places.warehouse, "old (read_only)"), (str(new), "new")):
                database, _, options = name.partition(" ")
                connection.execute(f"attach '{path.replace(chr(39), chr(39) * 2)}' as {database} {options}")
            connection.execute("copy from database old to new")
    except duckdb.Error as error:
        raise _unchanged(places.warehouse, error) from error
    finally:
        os.umask(before)
    _replace(places.warehouse, new)


def _new_name(path: str) -> Path:
    new = Path(f"{path}.rewritten")
    new.unlink(missing_ok=True)
    return new


def _replace(path: str, new: Path) -> None:
    shutil.copymode(path, new)
    os.replace(new, path)  # noqa: PTH105 - both are files of one folder


def _unchanged(path: str, error: duckdb.Error) -> ReviewError:
    return ReviewError(f"{path} could not be changed: {str(error).splitlines()[0]}")


def _change_postgresql(url: str, statements: Sequence[Statement], rewritten: Collection[str] = ()) -> None:
    try:
        with psycopg.connect(url) as connection, psycopg.RawCursor(connection) as cursor:
            for statement, parameters in statements:
                cursor.execute(statement.encode(), parameters)
        if rewritten:
            with psycopg.connect(url, autocommit=True) as connection:
                for table in rewritten:
                    connection.execute(f"vacuum full {table}".encode())
    except psycopg.Error as error:
        raise ReviewError(f"PostgreSQL refused the change: {str(error).splitlines()[0]}") from error
