"""Writes raw tables of DuckDB as Singer messages, so that the loader can put them into another file.

Rows keep the id of the run that read them. So removed people stay removed, and every receipt is kept.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from freshsales_review.errors import ReviewError
from freshsales_review.verify import KEYS, RECEIPTS
from freshsales_review.warehouse import Warehouse, columns_of, identifier

KEYS_IN_FULL = {stream: ("account", *key) for stream, key in KEYS.items()} | {RECEIPTS: ("sync_id", "stream")}
# The columns that a loader adds.
OWN_TO_LOADERS = "_sdc_"


def messages(warehouse: Warehouse, schema: str) -> Iterator[dict[str, Any]]:
    """A SCHEMA message for each table, and a RECORD for each row. As from the tap, the receipts are last."""
    columns = columns_of(warehouse, schema)
    if RECEIPTS not in columns:
        raise ReviewError(
            f"There is no table {schema}.{RECEIPTS}: name the file and the schema that the loader wrote."
        )
    for stream, key in KEYS_IN_FULL.items():
        if stream in columns:
            names = sorted(name for name in columns[stream] if not name.startswith(OWN_TO_LOADERS))
            yield from _table(warehouse, schema, stream, key, names)


def _table(
    warehouse: Warehouse, schema: str, stream: str, key: tuple[str, ...], names: list[str]
) -> Iterator[dict[str, Any]]:
    types = _types(warehouse, schema, stream)
    properties = {name: _property(types[name], is_key=name in key) for name in names}
    schema_of_rows = {"type": "object", "properties": properties}
    yield {"type": "SCHEMA", "stream": stream, "schema": schema_of_rows, "key_properties": list(key)}
    listed = ", ".join(identifier(name) for name in names)
    for row in warehouse.query(f"select {listed} from {identifier(schema, stream)}"):  # noqa: S608 - quoted
        record = {name: _value(value, types[name]) for name, value in zip(names, row, strict=True)}
        yield {"type": "RECORD", "stream": stream, "record": record}


def _types(warehouse: Warehouse, schema: str, stream: str) -> dict[str, str]:
    rows = warehouse.query(
        "select column_name, data_type from information_schema.columns "
        "where table_catalog = current_database() and table_schema = $1 and table_name = $2",
        [schema, stream],
    )
    return {name: kind.lower() for name, kind in rows}


def _property(kind: str, *, is_key: bool) -> dict[str, Any]:
    null = [] if is_key else ["null"]
    if kind == "json":
        # The loader also stores a list as `object`. With a type that allows both, it makes text of a null.
        return {"type": ["object", *null], "properties": {}, "additionalProperties": True}
    if kind.startswith("timestamp"):
        return {"type": ["string", *null], "format": "date-time"}
    if kind == "boolean":
        return {"type": ["boolean", *null]}
    if kind in {"hugeint", "bigint", "integer"}:
        return {"type": ["integer", *null]}
    return {"type": ["string", *null]}


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.isoformat().replace("+00:00", "Z")
    if kind == "json" and isinstance(value, str):
        return json.loads(value)
    return value
