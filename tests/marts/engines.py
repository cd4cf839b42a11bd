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
    "review_flags",
    "identity_flags",
    "identity_changes",
    "directory_daily",
    "data_quality",
    "idp_reconciliation",
    "deprovisioning",
    "identity_timeline",
    "idp_load_quality",
    "review_outcomes",
    "review_campaigns",
)
# A public interface as well: what any source of people is brought in with.
CONTRACT = ("stg_idp__users", "stg_idp__app_assignments", "stg_idp__events")


@dataclass(frozen=True)
class DuckDB:
    """Two files: `path` is the warehouse that dbt writes, `landing` lies beside it and is the loader's."""

    path: Path
    target = "duckdb"

    @property
    def landing(self) -> Path:
        return self.path.with_name(f"{self.path.stem}-landing.duckdb")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TARGET_DUCKDB_FILEPATH": str(self.landing),
            "FRESHSALES_REVIEW_WAREHOUSE": str(self.path),
            "FRESHSALES_DBT_TARGET": self.target,
        }

    def load(self, raw: Raw) -> None:
        raw.to_duckdb(self.landing)

    def execute(self, sql: str) -> None:
        """Run a statement where the raw tables are."""
        with duckdb.connect(str(self.landing)) as connection:
            connection.execute(sql)

    def raw(self, sql: str) -> list[Row]:
        """Ask the raw tables."""
        return self._rows(self.landing, sql)

    def query(self, sql: str) -> list[Row]:
        """Ask what dbt has built."""
        return self._rows(self.path, sql)

    def change(self, sql: str) -> None:
        """Run a statement on what dbt has built."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    @staticmethod
    def _rows(path: Path, sql: str) -> list[Row]:
        with duckdb.connect(str(path), read_only=True) as connection:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


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

    def raw(self, sql: str) -> list[Row]:
        return self.query(sql)

    def query(self, sql: str) -> list[Row]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(sql.encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def change(self, sql: str) -> None:
        self.execute(sql)


Engine = DuckDB | PostgreSQL
