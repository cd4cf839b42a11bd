"""Who is gone, by nothing but what any warehouse holds: rows, and receipts."""

from tests.pipeline.truth import STREAMS
from tests.pipeline.warehouses import Warehouse

KEYS = {"scim_group_members": ("account", "group_id", "member_id")}

Key = tuple[str, ...]


def key(stream: str, row: dict[str, object]) -> Key:
    return tuple(str(row[column]) for column in KEYS.get(stream, ("account", "id")))


def present_and_gone(warehouse: Warehouse, stream: str) -> tuple[set[Key], set[Key]]:
    """Split the keys of a stream's rows by the latest complete receipt of their account and stream."""
    latest: dict[str, str] = {}
    for receipt in warehouse.rows("sync_receipts"):
        if receipt["stream"] == stream and receipt["is_complete"]:
            account = receipt["account"]
            latest[account] = max(latest.get(account, ""), receipt["sync_id"])
    rows = warehouse.rows(stream)
    gone = {key(stream, row) for row in rows if row["sync_id"] < latest.get(row["account"], "")}
    return {key(stream, row) for row in rows} - gone, gone


def keys_of(rows: dict[str, list[dict[str, object]]]) -> dict[str, set[Key]]:
    return {stream: {key(stream, row) for row in rows[stream]} for stream in STREAMS}
