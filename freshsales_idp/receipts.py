"""Receipts: a row for each list and load. It says whether the list was read to its end and has arrived."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from freshsales_idp.reading import Reading, sha256_of
from freshsales_idp.settings import Settings
from freshsales_idp.tables import ColumnType

TABLE = "load_receipts"
COLUMNS: dict[str, ColumnType] = {
    "account": "text",
    "source": "text",
    "object": "text",
    "app_id": "text",
    "load_id": "text",
    "started_at": "timestamp",
    "finished_at": "timestamp",
    "is_complete": "bool",
    "incomplete_reason": "text",
    "rows": "bigint",
    "keys_sha256": "text",
    "events_from": "timestamp",
}


def receipt_of(reading: Reading, settings: Settings, load_id: str, loaded: Collection[str]) -> dict[str, Any]:
    """Make the receipt of a reading whose rows have the keys `loaded` in the warehouse."""
    reason = reading.incomplete_reason
    if reason is None and set(loaded) != reading.keys:
        reason = (
            f"The warehouse holds {len(reading.keys.intersection(loaded))} of the {len(reading.keys)} rows "
            f"that were read, and {len(set(loaded) - reading.keys)} others."
        )
    return {
        "account": settings.account,
        "source": settings.source,
        "object": reading.table.name,
        "app_id": reading.app_id,
        "load_id": load_id,
        "started_at": reading.started_at,
        "finished_at": reading.finished_at,
        "is_complete": reason is None,
        "incomplete_reason": reason,
        "rows": len(loaded),
        "keys_sha256": sha256_of(loaded),
        "events_from": reading.events_from,
    }
