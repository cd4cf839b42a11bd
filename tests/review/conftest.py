"""Both engines for real: a DuckDB file, and a database of its own in PostgreSQL."""

from pathlib import Path

import pytest

from tools.warehouses import DuckDBFile, Filled, PostgreSQLDatabase


@pytest.fixture(params=["duckdb", "postgresql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Filled:
    if request.param == "duckdb":
        return DuckDBFile(tmp_path / "warehouse.duckdb")
    return PostgreSQLDatabase(request.getfixturevalue("postgresql"))
