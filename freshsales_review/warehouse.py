"""The warehouse: one small interface to DuckDB and PostgreSQL, opened to read, or for one transaction."""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict

from freshsales_review.errors import ReviewError

CONNECT_TIMEOUT_SECONDS = 10
ROWS_AT_ONCE = 10_000

# information_schema leaves out tables that the role may not read. They would look as if never loaded.
COLUMNS_IN_POSTGRESQL = """
select relation.relname, attribute.attname
from pg_catalog.pg_attribute as attribute
join pg_catalog.pg_class as relation on attribute.attrelid = relation.oid
join pg_catalog.pg_namespace as space on relation.relnamespace = space.oid
where attribute.attnum > 0 and not attribute.attisdropped
  and relation.relkind in ('r', 'p', 'v', 'm', 'f') and space.nspname = $1
"""
COLUMNS_IN_DUCKDB = """
select table_name, column_name from information_schema.columns
where table_catalog = current_database() and table_schema = $1
"""
COLUMNS_DENIED = b"""
select distinct attribute.attname
from pg_catalog.pg_attribute as attribute
join pg_catalog.pg_class as relation on attribute.attrelid = relation.oid
where attribute.attnum > 0 and not attribute.attisdropped and relation.relname = $1
  and not has_column_privilege(relation.oid, attribute.attnum, 'select')
order by attribute.attname
"""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Result:
    """The columns and the rows of a query. The rows can be read once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]

    def __iter__(self) -> Iterator[Row]:
        return self.rows


class Warehouse(Protocol):
    """A warehouse that is opened to read."""

    columns: str
    """A query for the tables and columns of the schema $1."""
    sha256_of_lines: str
    """An aggregate: SHA-256 in hex of the texts `{0}`, sorted by their UTF-8 bytes and joined by newlines."""

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        """Run a statement that both engines understand; its parameters are `$1`, `$2`. Raises ReviewError."""


class WritableWarehouse(Warehouse, Protocol):
    """A warehouse in a transaction."""

    def change(self, sql: str, *rows: Sequence[object]) -> None:
        """Run a statement for each row of parameters, or once without parameters. Raises ReviewError."""


class DuckDBWarehouse:
    columns = COLUMNS_IN_DUCKDB
    sha256_of_lines = "sha256(string_agg({0}, chr(10) order by encode({0})))"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        try:
            found = self._connection.cursor().execute(sql, list(parameters))
        except duckdb.Error as error:
            raise _refused(error) from error
        return Result(tuple(column[0] for column in found.description or ()), self._fetch(found))

    @staticmethod
    def _fetch(found: duckdb.DuckDBPyConnection) -> Iterator[Row]:
        try:
            while rows := found.fetchmany(ROWS_AT_ONCE):
                yield from rows
        except duckdb.Error as error:
            raise _refused(error) from error


class DuckDBInTransaction(DuckDBWarehouse):
    def query(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        # A cursor of DuckDB is another connection. It would see nothing of this transaction.
        try:
            found = self._connection.execute(sql, list(parameters))
            return Result(tuple(column[0] for column in found.description or ()), iter(found.fetchall()))
        except duckdb.Error as error:
            raise _refused(error) from error

    def change(self, sql: str, *rows: Sequence[object]) -> None:
        try:
            for row in rows or ((),):
                self._connection.execute(sql, list(row))
        except duckdb.Error as error:
            raise _refused(error) from error


class PostgreSQLWarehouse:
    columns = COLUMNS_IN_POSTGRESQL
    sha256_of_lines = (
        """encode(sha256(convert_to(string_agg({0}, chr(10) order by {0} collate "C"), 'UTF8')), 'hex')"""
    )

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        try:
            found = psycopg.RawCursor(self._connection).execute(sql.encode(), list(parameters))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ReviewError(f"{_refused(error)}{self._denied(str(error))}") from error
        except psycopg.Error as error:
            raise _refused(error) from error
        # The client has all rows now, so nothing can fail any more.
        return Result(tuple(column.name for column in found.description or ()), iter(found))

    def _denied(self, message: str) -> str:
        """The columns that the role may not read, of the table in the message of PostgreSQL."""
        self._connection.rollback()
        table = re.search(r"permission denied for (?:table|view|relation) (\S+)", message)
        if table is None:
            return ""
        columns = (
            psycopg.RawCursor(self._connection).execute(COLUMNS_DENIED, [table[1].strip('"')]).fetchall()
        )
        return f" (column {', '.join(name for (name,) in columns)})" if columns else ""


class PostgreSQLInTransaction(PostgreSQLWarehouse):
    def change(self, sql: str, *rows: Sequence[object]) -> None:
        try:
            for row in rows or ((),):
                psycopg.RawCursor(self._connection).execute(sql.encode(), list(row))
        except psycopg.Error as error:
            raise _refused(error) from error


@contextmanager
def open_warehouse(location: str) -> Iterator[Warehouse]:
    """Open a DuckDB file by its path, or PostgreSQL by its `postgresql://` URL; raises ReviewError."""
    if location.startswith(("postgresql://", "postgres://")):
        with _connect_postgresql(location) as connection:
            yield PostgreSQLWarehouse(connection)
    elif "://" in location:
        raise ReviewError("The warehouse must be the path of a DuckDB file or a postgresql:// URL.")
    else:
        with _connect_duckdb(Path(location)) as connection:
            yield DuckDBWarehouse(connection)


@contextmanager
def open_to_write(location: str) -> Iterator[WritableWarehouse]:
    """Open it for one transaction. If the block fails, no change of it is kept; raises ReviewError.

    Nobody else writes meanwhile: DuckDB locks its file, and with PostgreSQL a second process waits.
    """
    if location.startswith(("postgresql://", "postgres://")):
        with _connect_postgresql(location, read_only=False) as connection:
            connection.execute("select pg_advisory_xact_lock(hashtext('freshsales_decisions'))")
            yield PostgreSQLInTransaction(connection)
    elif "://" in location:
        raise ReviewError("The warehouse must be the path of a DuckDB file or a postgresql:// URL.")
    else:
        with _connect_duckdb(Path(location), read_only=False) as connection:
            connection.begin()
            yield DuckDBInTransaction(connection)
            try:
                connection.commit()
            except duckdb.Error as error:
                raise _refused(error) from error


def _connect_duckdb(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    if not path.is_file():
        raise ReviewError(f"There is no DuckDB file at {path}: run the pipeline first, or name another.")
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            held = "writes it" if read_only else "reads or writes it"
            raise ReviewError(
                f"{path} is held open by another process that {held}: wait until that has ended."
            ) from error
        raise ReviewError(f"{path} cannot be opened as a DuckDB file: {_first_line(error)}") from error


def _connect_postgresql(url: str, *, read_only: bool = True) -> "psycopg.Connection[Row]":
    try:
        settings = conninfo_to_dict(url)
    except psycopg.Error as error:
        # The message of the parser repeats the URL, and so the password.
        raise ReviewError(
            "The warehouse URL cannot be read: write postgresql://user:password@host:port/database, "
            "with special characters of the password percent-encoded."
        ) from error
    # libpq takes missing parts of the URL from the environment.
    host = settings.get("host") or os.environ.get("PGHOST", "localhost")
    port = settings.get("port") or os.environ.get("PGPORT", "5432")
    settings.setdefault("connect_timeout", CONNECT_TIMEOUT_SECONDS)
    # A database in SQL_ASCII returns the bytes that the loader wrote, and these are UTF-8.
    settings.setdefault("client_encoding", "UTF8")
    try:
        connection = psycopg.connect(**settings)  # type: ignore[arg-type]
    except psycopg.Error as error:
        reason = _without(str(settings.get("password") or ""), _first_line(error))
        raise ReviewError(f"PostgreSQL at {host}:{port} cannot be opened: {reason}") from error
    connection.read_only = read_only
    if read_only:
        # All queries see the state of one moment, even during a load.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def identifier(*parts: str) -> str:
    """The parts of a name, quoted for SQL and joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def among(column: str, values: Collection[object]) -> str:
    """A condition with the values as the first parameters of the query; `true` if there are no values."""
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    return f"{column} in ({places})" if values else "true"


def columns_of(warehouse: Warehouse, schema: str) -> dict[str, set[str]]:
    """The names of the columns of each table and view in a schema."""
    found: dict[str, set[str]] = {}
    for table, column in warehouse.query(warehouse.columns, [schema]):
        found.setdefault(table, set()).add(column)
    return found


def require_tables(warehouse: Warehouse, needed: Mapping[str, Collection[str]]) -> None:
    """Raise ReviewError if one of these tables is missing; `needed` has the tables of each schema."""
    missing = sorted(
        f"{schema}.{table}"
        for schema, tables in needed.items()
        for table in set(tables) - columns_of(warehouse, schema).keys()
    )
    if missing:
        raise ReviewError(
            f"The warehouse has no {', '.join(missing)}: run `meltano run identity` first, or name the "
            "schema of the marts with --marts-schema."
        )


def utc(moment: object) -> datetime:
    """A time from the warehouse, with the zone UTC."""
    # Some loaders write text. Times of the tap without a zone are UTC.
    read = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _refused(error: Exception) -> ReviewError:
    return ReviewError(f"The warehouse refused a query: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _without(secret: str, text: str) -> str:
    for form in {secret, unquote(secret)} - {""}:
        text = text.replace(form, "***")
    return text
