"""Raw tables as the pipeline's loaders make them, with rows that a later run overwrites."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import psycopg

from tests.marts.providers import Providers

SCHEMAS = Path(__file__).parents[2] / "schemas"
KEYS = {
    "owners": ("id",),
    "roles": ("id",),
    "territories": ("id",),
    "teams": ("id",),
    "profile": ("id",),
    "scim_users": ("id",),
    "scim_groups": ("id",),
    "scim_group_members": ("group_id", "member_id"),
    "owned_records": ("owner_id", "record_type"),
}
RECEIPT_KEY = ("sync_id", "stream")

# What target-duckdb and meltanolabs-target-postgres make of the types; test_raw holds it against them.
DUCKDB_TYPES = {
    "text": "VARCHAR",
    "integer": "HUGEINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "json": "JSON",
}
POSTGRESQL_TYPES = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "json": "jsonb",
}

Row = dict[str, Any]
Loader = Literal["overwrites", "appends", "deletes"]


def sync_id(account: str, day: int) -> str:
    """Return the id of an account's run on a day of November; it sorts by time as text."""
    return f"202611{day:02}T060000.000000Z-{zlib.crc32(account.encode()) % 2**24:06x}"


def finished_at(stream: str, day: int) -> datetime:
    """Return when a run was through with a stream, one after the other."""
    return datetime(2026, 11, day, 6, 5 + list(KEYS).index(stream), tzinfo=UTC).replace(tzinfo=None)


def column_types(stream: str) -> dict[str, str]:
    properties = json.loads((SCHEMAS / f"{stream}.json").read_text())["properties"]
    kinds = {"integer": "integer", "boolean": "boolean", "object": "json", "array": "json", "string": "text"}
    return {
        name: "timestamp" if schema.get("format") == "date-time" else kinds[schema["type"][0]]
        for name, schema in properties.items()
    }


def population_sha256(stream: str, rows: Iterable[Row]) -> str:
    return keys_sha256("\t".join(str(row[part]) for part in KEYS[stream]) for row in rows)


def keys_sha256(keys: Iterable[str]) -> str:
    return hashlib.sha256(b"\n".join(sorted(key.encode() for key in keys))).hexdigest()


class Raw:
    """The raw tables of any number of accounts; a stream that was never loaded has no table."""

    def __init__(self, providers: Providers | None = None) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], Row]] = {}
        self.providers = providers or Providers()

    def load(
        self,
        account: str,
        day: int,
        streams: Mapping[str, list[Row]],
        *,
        incomplete: Mapping[str, str] | None = None,
        receipts: bool = True,
        lost: Mapping[str, int] | None = None,
        filtered: Mapping[str, int] | None = None,
        loader: Loader = "overwrites",
    ) -> None:
        """Load what a run read; `incomplete` gives reasons, and the loader drops so many `lost` rows.

        So many `filtered` ones were never sent. A loader overwrites the rows of earlier runs, appends to
        them, or deletes those that this run lacks.
        """
        for stream, rows in streams.items():
            sent = rows[: len(rows) - (filtered or {}).get(stream, 0)]
            kept = sent[: len(sent) - (lost or {}).get(stream, 0)]
            key = ("account", *KEYS[stream], *(["sync_id"] if loader == "appends" else []))
            for row in kept:
                self._put(stream, key, {**row, "account": account, "sync_id": sync_id(account, day)})
            if loader == "deletes" and stream not in (incomplete or {}):
                self.tables[stream] = {
                    at: row
                    for at, row in self.tables.get(stream, {}).items()
                    if row["account"] != account or row["sync_id"] == sync_id(account, day)
                }
            self.tables.setdefault(stream, {})
            if receipts:
                receipt = self._receipt(account, day, stream, rows, incomplete or {})
                if len(sent) < len(rows):
                    receipt |= {
                        "is_complete": False,
                        "incomplete_reason": f"filtered: {len(rows) - len(sent)} records were left out",
                        "records_sent": len(sent),
                        "sent_population_sha256": population_sha256(stream, sent),
                    }
                self._put("sync_receipts", RECEIPT_KEY, receipt)

    def repeat_receipts(self, account: str) -> None:
        """Have a loader that appends write them again."""
        receipts = self.tables["sync_receipts"]
        again = {(*key, "again"): row for key, row in receipts.items() if row["account"] == account}
        receipts.update(again)

    def prove(self, account: str, day: int) -> None:
        """Have the receipts of a run say that what it read was complete after all."""
        for receipt in self.tables["sync_receipts"].values():
            if receipt["sync_id"] == sync_id(account, day):
                receipt.update(is_complete=True, incomplete_reason=None)

    def has(self, account: str, day: int) -> bool:
        runs = (row["sync_id"] for row in self.tables.get("sync_receipts", {}).values())
        return sync_id(account, day) in runs

    def _put(self, stream: str, key: tuple[str, ...], row: Row) -> None:
        self.tables.setdefault(stream, {})[tuple(str(row[part]) for part in key)] = row

    def _receipt(
        self, account: str, day: int, stream: str, rows: list[Row], incomplete: Mapping[str, str]
    ) -> Row:
        return {
            "sync_id": sync_id(account, day),
            "account": account,
            "stream": stream,
            "replication_method": "FULL_TABLE",
            "started_at": datetime(2026, 11, day, 6, tzinfo=UTC).replace(tzinfo=None),
            "finished_at": finished_at(stream, day),
            "is_complete": stream not in incomplete,
            "incomplete_reason": incomplete.get(stream),
            "records": len(rows),
            "population_sha256": population_sha256(stream, rows),
            "coercions": 0,
            "tap_version": "0.1.0",
        }

    def to_duckdb(self, path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema if not exists freshsales")
            for stream in self.tables:
                connection.execute(self._create(stream, DUCKDB_TYPES))
                # One statement a table: one a row would take most of the time of these tests.
                types = column_types(stream)
                lines = path.with_suffix(f".{stream}.jsonl")
                with lines.open("w") as file:
                    for row in self.tables[stream].values():
                        assert row.keys() <= types.keys(), (
                            f"{stream} has no column {row.keys() - types.keys()}"
                        )
                        file.write(json.dumps(row, default=datetime.isoformat) + "\n")
                columns = {name: DUCKDB_TYPES[kind] for name, kind in types.items()}
                connection.execute(
                    f"insert into freshsales.{stream} by name select * from read_json($path, "
                    f"format = 'newline_delimited', columns = {columns})",
                    {"path": str(lines)},
                )
                lines.unlink()

    def to_postgresql(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("create schema if not exists freshsales")
            for stream in self.tables:
                # The models are views on it: it is emptied, not dropped.
                connection.execute(self._create(stream, POSTGRESQL_TYPES).encode())
                if rows := list(self._rows(stream)):
                    marks = ", ".join(["%s"] * len(rows[0]))
                    with connection.cursor() as cursor:
                        cursor.executemany(f"insert into freshsales.{stream} values ({marks})".encode(), rows)

    def _create(self, stream: str, types: Mapping[str, str]) -> str:
        columns = ", ".join(f"{name} {types[kind]}" for name, kind in column_types(stream).items())
        table = f"freshsales.{stream}"
        columns += ", _sdc_extracted_at timestamp"
        return f"create table if not exists {table} ({columns}); delete from {table}"

    def _rows(self, stream: str) -> Iterator[tuple[Any, ...]]:
        types = column_types(stream)
        for row in self.tables[stream].values():
            assert row.keys() <= types.keys(), f"{stream} has no column {row.keys() - types.keys()}"
            yield (
                *(
                    json.dumps(row[name]) if kind == "json" and row.get(name) is not None else row.get(name)
                    for name, kind in types.items()
                ),
                None,
            )
