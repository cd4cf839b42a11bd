"""The two warehouses that the marts are built in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.marts.raw import Raw

Row = dict[str, Any]
MARTS = (
    "identities",
    "identity_entitlements",
    "access_review",
    "identity_changes",
    "directory_daily",
    "data_quality",
)


@dataclass(frozen=True)
class DuckDB:
    path: Path
    target = "duckdb"

    @property
    def environment(self) -> dict[str, str]:
        return {"TARGET_DUCKDB_FILEPATH": str(self.path), "FRESHSALES_DBT_TARGET": self.target}

    def load(self, raw: Raw) -> None:
        raw.to_duckdb(self.path)

    def query(self, sql: str) -> list[Row]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)


@dataclass(frozen=True)
class PostgreSQL:
    url: str
    target = "postgres"

    @property
    def environment(self) -> dict[str, str]:
        parts = conninfo_to_dict(self.url)
        names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
        named = {f"PG{variable}": str(parts[name]) for variable, name in names.items()}
        return {**named, "PGSSLMODE": "disable", "FRESHSALES_DBT_TARGET": self.target}

    def load(self, raw: Raw) -> None:
        raw.to_postgresql(self.url)

    def query(self, sql: str) -> list[Row]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(sql.encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())


Engine = DuckDB | PostgreSQL
