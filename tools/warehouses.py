"""Warehouses that tests and benchmarks fill: a DuckDB file, or a database of its own in PostgreSQL."""

from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import duckdb
import psycopg


class Filled(Protocol):
    """A warehouse to write into; no connection stays open between calls."""

    location: str

    def execute(self, *statements: str) -> None: ...

    def fetch(self, sql: str) -> list[tuple[Any, ...]]: ...


class DuckDBFile:
    """A new DuckDB file, or one that is there already."""

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self.execute("select 1")

    def execute(self, *statements: str) -> None:
        with duckdb.connect(self.location) as connection:
            for statement in statements:
                connection.execute(statement)

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.location, read_only=True) as connection:
            return connection.execute(sql).fetchall()


class PostgreSQLDatabase:
    """A new database of the server at this URL."""

    def __init__(self, server: str) -> None:
        name = f"t{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        self.location = server.replace("/postgres?", f"/{name}?")

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.location) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.location) as connection:
            return connection.execute(sql.encode()).fetchall()
