"""Removes a run from the raw tables and from the history, as if it had never been made.

If a clock was ahead, the id of a run says a later time than the real one. Such a run counts as the latest
one until that time has passed.
"""
# ruff: noqa: S608  -- names of schemas, tables and columns are quoted by identifier(); the run is a parameter

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freshsales_review.capture import HISTORY
from freshsales_review.errors import ReviewError
from freshsales_review.places import DUCKDB, Places
from freshsales_review.row_changes import change_landing, change_warehouse
from freshsales_review.verify import RECEIPTS
from freshsales_review.warehouse import Warehouse, columns_of, identifier, open_warehouse

# One of these columns names the run that a row of the history belongs to. Other columns may also name a run.
RUN_COLUMNS = ("sync_id", "first_sync_id")


@dataclass(frozen=True)
class Part:
    """The rows of one table that belong to the run, and the statements that remove them."""

    table: str
    rows: int
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Traces:
    """What belongs to a run, in the raw tables and in the history. It iterates over parts with rows."""

    raw: tuple[Part, ...]
    history: tuple[Part, ...]

    def __iter__(self) -> Iterator[Part]:
        yield from (part for part in (*self.raw, *self.history) if part.rows)


def traces_of(places: Places, sync_id: str) -> Traces:
    """Find all that belongs to the run. Nothing is changed."""
    with open_warehouse(places.landing) as landing:
        if RECEIPTS not in columns_of(landing, places.schema):
            raise ReviewError(
                f"There is no table {places.schema}.{RECEIPTS}: run the pipeline first, "
                "or name the loader with --loader."
            )
        raw = tuple(_raw(landing, places.schema, sync_id))
    history: tuple[Part, ...] = ()
    if places.loader != DUCKDB or Path(places.warehouse).is_file():
        with open_warehouse(places.warehouse) as warehouse:
            history = tuple(_history(warehouse, sync_id))
    traces = Traces(raw, history)
    if not any(traces):
        raise ReviewError(
            f"Nothing here is of a run {sync_id}: the mart data_quality has the ids of all runs."
        )
    return traces


def forget(places: Places, traces: Traces, sync_id: str) -> None:
    """Remove the run. If it failed half way, a second call does the rest."""
    raw, history = (
        [(statement, [sync_id]) for part in parts for statement in part.statements]
        for parts in (traces.raw, traces.history)
    )
    if places.loader != DUCKDB:
        change_landing(places, [*raw, *history])
        return
    change_landing(places, raw)
    if history:
        change_warehouse(places, history)


def _raw(landing: Warehouse, schema: str, sync_id: str) -> Iterator[Part]:
    for name, columns in sorted(columns_of(landing, schema).items()):
        if "sync_id" in columns:
            table = identifier(schema, name)
            of_run = f"from {table} where sync_id = $1"
            yield Part(f"{schema}.{name}", _count(landing, of_run, sync_id), (f"delete {of_run}",))


def _history(warehouse: Warehouse, sync_id: str) -> Iterator[Part]:
    for name, columns in sorted(columns_of(warehouse, HISTORY).items()):
        table = identifier(HISTORY, name)
        named = [column for column in RUN_COLUMNS if column in columns]
        if not named:
            continue
        of_run = f"from {table} where {' or '.join(f'{column} = $1' for column in named)}"
        mentions = sorted(
            column for column in columns if column.endswith("sync_id") and column not in RUN_COLUMNS
        )
        statements = [f"delete {of_run}"]
        if "observation" in columns:
            statements += [_earlier(table, column, by_side="side" in columns) for column in mentions]
        yield Part(f"{HISTORY}.{name}", _count(warehouse, of_run, sync_id), tuple(statements))


def _earlier(table: str, column: str, *, by_side: bool) -> str:
    """A statement: later rows that name the run then name the read before it."""
    side = column.partition("_")[0]
    condition = f" and earlier.side = '{side}'" if by_side and side in {"crm", "scim"} else ""
    return (
        f"update {table} as later set {identifier(column)} = (select max(earlier.sync_id) "
        f"from {table} as earlier where earlier.account = later.account and earlier.observation = 'read' "
        f"and earlier.sync_id < $1{condition}) where later.{identifier(column)} = $1"
    )


def _count(warehouse: Warehouse, of_run: str, sync_id: str) -> int:
    [(rows,)] = warehouse.query(f"select count(*) {of_run}", [sync_id])
    return int(rows)
