"""The raw tables of these tests are those that the pipeline's own loaders make."""

import json
from pathlib import Path

from tests.marts.engines import DuckDB, Engine
from tests.marts.raw import DUCKDB_TYPES, KEYS, POSTGRESQL_TYPES, RECEIPT_KEY, SCHEMAS, column_types
from tests.pipeline.commands import load


def test_the_loaders_make_columns_of_the_types_that_the_tests_assume(engine: Engine, tmp_path: Path) -> None:
    keys = {stream: ("account", *key) for stream, key in KEYS.items()} | {"sync_receipts": RECEIPT_KEY}
    if isinstance(engine, DuckDB):
        loader, place, types = "target-duckdb", str(engine.landing), DUCKDB_TYPES
    else:
        loader, place, types = "meltanolabs-target-postgres", engine.url, POSTGRESQL_TYPES
    loaded = load(loader, "".join(announced(stream, key) for stream, key in keys.items()), place, tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    found = {
        (row["table_name"], row["column_name"]): row["data_type"].removesuffix(" without time zone")
        for row in engine.raw(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'freshsales' and column_name not like '\\_sdc\\_%' escape '\\'"
        )
    }
    assert found == {
        (stream, column): types[kind] for stream in keys for column, kind in column_types(stream).items()
    }


def announced(stream: str, key: tuple[str, ...]) -> str:
    schema = json.loads((SCHEMAS / f"{stream}.json").read_text())
    message = {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": schema["properties"]},
        "key_properties": key,
    }
    return json.dumps(message) + "\n"
