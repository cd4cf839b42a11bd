"""A warehouse behind the loader that the pipeline has for it."""

from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.pipeline import reading
from tests.pipeline.reading import Rows


@dataclass(frozen=True)
class DuckDB:
    """`path` is the file that the loader writes."""

    path: Path
    schema: str = "freshsales"
    loader = "target-duckdb"
    meltano_loader = "target-duckdb"
    meltano_job = "identity"

    @property
    def location(self) -> str:
        return str(self.path)

    @property
    def environment(self) -> dict[str, str]:
        marts = self.path.with_name("marts.duckdb")
        return {"TARGET_DUCKDB_FILEPATH": self.location, "FRESHSALES_REVIEW_WAREHOUSE": str(marts)}

    def rows(self, stream: str) -> Rows:
        return reading.from_duckdb(self.path, stream, self.schema)


@dataclass(frozen=True)
class PostgreSQL:
    location: str
    schema: str = "freshsales"
    loader = "meltanolabs-target-postgres"
    meltano_loader = "target-postgres"
    meltano_job = "identity-postgres"

    @property
    def environment(self) -> dict[str, str]:
        parts = conninfo_to_dict(self.location)
        names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
        return {f"PG{variable}": str(parts[name]) for variable, name in names.items()}

    def rows(self, stream: str) -> Rows:
        return reading.from_postgresql(self.location, stream, self.schema)


Warehouse = DuckDB | PostgreSQL
