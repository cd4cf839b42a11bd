"""What a loader left behind, as rows that compare with the truth whatever the loader's own types are."""

import ast
import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from tests.pipeline.truth import columns

Rows = list[dict[str, Any]]


def from_duckdb(path: Path, stream: str, schema: str = "freshsales") -> Rows:
    with duckdb.connect(str(path), read_only=True) as connection:
        result = connection.execute(f"from {schema}.{stream}")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def from_postgresql(database: str, stream: str, schema: str = "freshsales") -> Rows:
    with psycopg.connect(database) as connection:
        result = connection.execute(f"select * from {schema}.{stream}".encode())
        names = [column.name for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def from_jsonl(folder: Path, stream: str) -> Rows:
    return [json.loads(line) for line in (folder / f"{stream}.jsonl").read_text().splitlines()]


def from_csv(folder: Path, stream: str) -> Rows:
    with (folder / f"{stream}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def typed(rows: Rows, stream: str) -> Rows:
    """Give every column of the stream the type of its schema; what the loader added is left out."""
    schemas = columns(stream)
    return [{name: _value(row[name], schema) for name, schema in schemas.items()} for row in rows]


def assert_same(read: Callable[[str], Rows], expected: dict[str, Rows]) -> None:
    """Compare every column of every row, stream by stream and in no order."""
    for stream, rows in expected.items():
        assert in_order(typed(read(stream), stream)) == in_order(rows), stream


def in_order(rows: Rows) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def _value(value: Any, schema: dict[str, Any]) -> Any:
    kind = schema["type"][0]
    if value is None or value == "":
        return None
    if schema.get("format") == "date-time":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    if kind in {"object", "array"} and isinstance(value, str):
        # The CSV loader writes what Python would print.
        return json.loads(value) if value[0] in "[{" and "'" not in value[:3] else ast.literal_eval(value)
    if kind == "boolean" and isinstance(value, str):
        return value == "True"
    return int(value) if kind == "integer" else value
