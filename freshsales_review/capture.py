"""Finds complete reads that are not in the history yet, before the next load overwrites their rows.

The loader keeps one row for each key. Only the history models keep what an earlier read showed. If a job
fails after its load, they are not built.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freshsales_review.places import DUCKDB, Places
from freshsales_review.verify import RECEIPTS
from freshsales_review.warehouse import Warehouse, columns_of, identifier, open_warehouse

STAGING, HISTORY = "freshsales_staging", "freshsales_history"
# The streams that have a history, each with the table of it.
KEPT = {
    "owners": "int_freshsales__owner_history",
    "scim_users": "int_freshsales__scim_user_history",
    "scim_groups": "int_freshsales__group_history",
    "scim_group_members": "int_freshsales__membership_history",
}
# The models that dbt has to build for the history.
SELECTION = "+freshsales_identity.intermediate.freshsales.history"


@dataclass(frozen=True, order=True)
class Read:
    """A complete read of one stream of one account."""

    account: str
    stream: str
    sync_id: str


def due(places: Places) -> list[Read]:
    """Complete reads in the raw tables that a build would put into the history, and none has yet."""
    if places.loader == DUCKDB and not Path(places.landing).is_file():
        return []
    with open_warehouse(places.landing) as landing:
        loaded = set(_complete(landing, places.schema))
    if not loaded or (places.loader == DUCKDB and not Path(places.warehouse).is_file()):
        return sorted(loaded)
    with open_warehouse(places.warehouse) as warehouse:
        return sorted(loaded - _settled(warehouse, loaded))


def _complete(landing: Warehouse, schema: str) -> Iterator[Read]:
    if RECEIPTS in columns_of(landing, schema):
        yield from _reads(landing, schema, RECEIPTS, "is_complete")


def _settled(warehouse: Warehouse, loaded: set[Read]) -> set[Read]:
    """Reads that are in the history, or that a build has left out because they were not complete."""
    staging, history = columns_of(warehouse, STAGING), columns_of(warehouse, HISTORY)
    captured = {
        (account, stream): sync_id
        for stream, table in KEPT.items()
        if table in history
        for account, sync_id in warehouse.query(
            f"select account, max(sync_id) from {identifier(HISTORY, table)} "  # noqa: S608 - quoted
            "where observation = 'read' group by account"
        )
    }
    passed_over: set[Read] = set()
    receipts, complete = "stg_freshsales__sync_receipts", "base_freshsales__complete_reads"
    if receipts in staging and complete in staging:
        passed_over = {*_reads(warehouse, STAGING, receipts)} - {*_reads(warehouse, STAGING, complete)}
    return {
        read
        for read in loaded
        if read.sync_id <= captured.get((read.account, read.stream), "") or read in passed_over
    }


def _reads(warehouse: Warehouse, schema: str, table: str, condition: str = "true") -> Iterator[Read]:
    rows = warehouse.query(
        f"select distinct account, stream, sync_id from {identifier(schema, table)} where {condition}"  # noqa: S608
    )
    return (Read(*row) for row in rows if row[1] in KEPT)
