"""The dlt face: the rows and receipts of the Python face, with keys and types, in a warehouse of dlt."""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users import Account
from tap_freshsales_users.account import Settings
from tap_freshsales_users.dlt import freshsales_source

ROOT = Path(__file__).parents[2]
OF_A_RUN = {"sync_id", "started_at", "finished_at"}
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def no_usage_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=4, quota=None) as running:
        yield running


def settings_of(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return sandbox.config | more


def pipeline_in(folder: Path) -> dlt.Pipeline:
    return dlt.pipeline(
        "people",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "people.duckdb")),
        dataset_name="freshsales",
    )


def rows_of(folder: Path, table: str) -> Rows:
    with duckdb.connect(str(folder / "people.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        result = connection.execute(f"from freshsales.{table}")
        types = {column[0]: str(column[1]) for column in result.description or ()}
        return [
            {
                name: json.loads(value) if types[name] == "JSON" and value is not None else plain(value)
                for name, value in zip(types, row, strict=True)
                if not name.startswith("_dlt")
            }
            for row in result.fetchall()
        ]


def plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def expected(table: str, records: Rows) -> Rows:
    """As dlt's columns hold them: times without their text."""
    shapes = json.loads((ROOT / f"schemas/{table}.json").read_text())["properties"]
    times = {name for name, shape in shapes.items() if shape.get("format") == "date-time"}
    return [
        {
            name: datetime.fromisoformat(value).replace(tzinfo=None) if name in times and value else value
            for name, value in record.items()
        }
        for record in records
    ]


def comparable(rows: Rows) -> list[str]:
    return sorted(str(sorted((k, v) for k, v in row.items() if k not in OF_A_RUN)) for row in rows)


def test_every_row_and_receipt_is_loaded_once_also_by_a_second_run(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(sandbox, page_size=10, owned_records="suspects")
    with Account(**settings) as account:
        assert "owned_records" in account.tables
        found: dict[str, Rows] = {}
        for table, page in account.read_together(*account.tables):
            found.setdefault(table, []).extend(page)
        receipts = account.receipts
    pipeline = pipeline_in(tmp_path)
    for number in (1, 2):
        pipeline.run(freshsales_source(**settings))
        for table, records in found.items():
            assert comparable(rows_of(tmp_path, table)) == comparable(expected(table, records))
        loaded = rows_of(tmp_path, "sync_receipts")
        assert len(loaded) == number * len(receipts)
    latest = max(row["sync_id"] for row in loaded)
    of_latest = [row for row in loaded if row["sync_id"] == latest]
    # dlt reads its resources by turns, so owned_records has to read again what the others have not ended yet.
    for receipt in (*of_latest, *receipts):
        if receipt["stream"] == "owned_records":
            assert receipt.pop("api_requests") >= 12
    assert comparable(of_latest) == comparable(expected("sync_receipts", receipts))
    # Each run's rows name it, so that receipts tell who is gone.
    assert {row["sync_id"] for row in rows_of(tmp_path, "scim_users")} == {latest}
    schema = pipeline.default_schema
    for table in found:
        keys = [
            name for name, column in schema.get_table(table)["columns"].items() if column.get("primary_key")
        ]
        assert keys[0] == "account"
        assert schema.get_table(table)["write_disposition"] == "merge"


def test_who_is_gone_keeps_the_row_of_the_run_that_saw_them(sandbox: Sandbox, tmp_path: Path) -> None:
    pipeline, config = pipeline_in(tmp_path), settings_of(sandbox)
    pipeline.run(freshsales_source(**config))
    leaver = next(person for person in sandbox.directory.people if person.scim_id)
    sandbox.directory.remove(leaver)
    pipeline.run(freshsales_source(**config, tables=["scim_users"]))
    latest = max(row["sync_id"] for row in rows_of(tmp_path, "sync_receipts"))
    old = [row["id"] for row in rows_of(tmp_path, "scim_users") if row["sync_id"] < latest]
    assert old == [leaver.scim_id]


def test_a_read_that_fails_loads_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    config = settings_of(sandbox, scim_token="wrong-token")
    with pytest.raises(PipelineStepFailed, match="scim_token"):
        pipeline_in(tmp_path).run(freshsales_source(**config))
    assert (
        not (tmp_path / "people.duckdb").exists()
        or not duckdb.connect(str(tmp_path / "people.duckdb"))
        .execute("select 1 from information_schema.tables where table_name = 'owners'")
        .fetchall()
    )


def test_every_setting_is_an_argument_of_the_source() -> None:
    assert set(inspect.signature(freshsales_source).parameters) == {*Settings.__annotations__, "tables"}


def test_the_example_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {f"SOURCES__FRESHSALES__{name.upper()}": value for name, value in sandbox.config.items()}
    finished = subprocess.run(
        [sys.executable, ROOT / "docs/examples/dlt_pipeline.py"],
        env=os.environ | variables | {"DLT_DATA_DIR": str(tmp_path / "dlt")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    lines = [line for line in finished.stdout.splitlines() if line.endswith("records, complete")]
    assert len(lines) == 8
