"""Rows in the warehouse held against the receipts of each account's latest run.

A loader can lose or repeat rows without a word; the tap's receipt says how many rows it handed over and
with which keys.
"""
# ruff: noqa: S608  -- names of schemas and tables are quoted by identifier(); values are parameters

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from freshsales_review.errors import ReviewError
from freshsales_review.losses import Loss, loss_of
from freshsales_review.warehouse import Warehouse, columns_of, identifier

RECEIPTS = "sync_receipts"
# The key of each stream without `account`, which every key starts with.
KEYS: dict[str, tuple[str, ...]] = {
    "owners": ("id",),
    "roles": ("id",),
    "territories": ("id",),
    "teams": ("id",),
    "profile": ("id",),
    "scim_users": ("id",),
    "scim_groups": ("id",),
    "scim_group_members": ("group_id", "member_id"),
}


@dataclass(frozen=True)
class Receipt:
    account: str
    sync_id: str
    stream: str
    is_complete: bool
    incomplete_reason: str | None
    # As they were sent: a stream map may have left some out, or changed their keys.
    records: int
    population_sha256: str | None


@dataclass(frozen=True)
class Held:
    """What the warehouse holds of one stream's run."""

    rows: int = 0
    distinct_keys: int = 0
    population_sha256: str = hashlib.sha256(b"").hexdigest()
    rows_of_later_runs: int = 0


@dataclass(frozen=True)
class Check:
    receipt: Receipt
    held: Held
    differences: tuple[str, ...]
    loss: Loss | None = None


def verify(warehouse: Warehouse, schema: str) -> list[Check]:
    """Check every receipt of the latest run of every account, in order of account and stream."""
    columns = columns_of(warehouse, schema)
    return [
        _check(warehouse, schema, receipt, columns)
        for receipt in _latest_receipts(warehouse, schema, columns)
    ]


def population_sha256(keys: Iterable[tuple[str, ...]]) -> str:
    lines = sorted("\t".join(key).encode() for key in keys)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _latest_receipts(warehouse: Warehouse, schema: str, columns: dict[str, set[str]]) -> list[Receipt]:
    if RECEIPTS not in columns:
        raise ReviewError(
            f"There is no table {schema}.{RECEIPTS} in the warehouse: run the pipeline first, "
            "or name the schema that it loads into with --schema."
        )
    table = identifier(schema, RECEIPTS)
    if "pseudonym_key_fingerprint" in columns[RECEIPTS]:  # not in what earlier versions loaded
        _check_keys(warehouse, table)
    sent, sent_population = "r.records", "r.population_sha256"
    if "records_sent" in columns[RECEIPTS]:  # not in what earlier versions loaded
        sent = "coalesce(r.records_sent, r.records)"
        sent_population = (
            "case when r.records_sent is null then r.population_sha256 else r.sent_population_sha256 end"
        )
    # A loader that appends may hold one receipt many times: distinct.
    rows = warehouse.query(
        "select distinct r.account, r.sync_id, r.stream, r.is_complete, r.incomplete_reason, "
        f"{sent}, {sent_population} from {table} r "
        f"join (select account, max(sync_id) as sync_id from {table} group by account) latest "
        "on latest.account = r.account and latest.sync_id = r.sync_id "
        "order by r.account, r.stream"
    )
    receipts = [
        Receipt(account, sync_id, stream, bool(is_complete), reason, int(records or 0), sha256)
        for account, sync_id, stream, is_complete, reason, records, sha256 in rows
    ]
    if not receipts:
        raise ReviewError(f"The table {schema}.{RECEIPTS} is empty: no run has finished yet.")
    return receipts


def _check_keys(warehouse: Warehouse, receipts: str) -> None:
    """Runs with another `pseudonym_key` call everybody by another name: they cannot be compared."""
    mixed = list(
        warehouse.query(
            "select account, min(sync_id) from ("
            "select account, sync_id, coalesce(pseudonym_key_fingerprint, '') as key, "
            "first_value(coalesce(pseudonym_key_fingerprint, '')) "
            f"over (partition by account order by sync_id) as first_key from {receipts}"
            ") as keyed where key <> first_key group by account order by account"
        )
    )
    if mixed:
        [account, sync_id] = mixed[0]
        raise ReviewError(
            f"Run {sync_id} of {account} was made with another `pseudonym_key` than the runs before it, or "
            "only one of them with any: names and addresses of the two cannot be compared. Take it out with "
            f"`freshsales-review forget {sync_id} --yes` and run again with the key of before, or load into "
            "another warehouse."
        )


def _check(warehouse: Warehouse, schema: str, receipt: Receipt, columns: dict[str, set[str]]) -> Check:
    key = KEYS.get(receipt.stream)
    if key is None:
        return Check(receipt, Held(), ("this version knows no such stream",))
    table = identifier(schema, receipt.stream) if receipt.stream in columns else None
    loss = _loss(warehouse, identifier(schema, RECEIPTS), table, receipt, key)
    if table is None:
        missing = ("the table is missing",) if receipt.records else ()
        return Check(receipt, Held(), missing, loss)
    held = _held(warehouse, table, receipt, key)
    return Check(receipt, held, tuple(_differences(receipt, held)), loss)


def _loss(
    warehouse: Warehouse, receipts: str, table: str | None, receipt: Receipt, key: tuple[str, ...]
) -> Loss | None:
    if not receipt.is_complete:
        return None
    return loss_of(
        warehouse,
        receipts,
        table,
        key,
        account=receipt.account,
        stream=receipt.stream,
        sync_id=receipt.sync_id,
        records=receipt.records,
    )


def _held(warehouse: Warehouse, table: str, receipt: Receipt, key: tuple[str, ...]) -> Held:
    # An id may arrive as HUGEINT, bigint or numeric: as text they are all alike.
    as_text = ", ".join(f"coalesce(cast({identifier(column)} as varchar), '')" for column in key)
    keys = [
        tuple(row)
        for row in warehouse.query(
            f"select {as_text} from {table} where account = $1 and sync_id = $2",
            [receipt.account, receipt.sync_id],
        )
    ]
    [(later,)] = warehouse.query(
        f"select count(*) from {table} where account = $1 and sync_id > $2",
        [receipt.account, receipt.sync_id],
    )
    return Held(len(keys), len(set(keys)), population_sha256(keys), later)


def _differences(receipt: Receipt, held: Held) -> Iterator[str]:
    if held.rows_of_later_runs:
        yield f"{held.rows_of_later_runs:,} rows are of a later run that left no receipt: load again"
    if held.rows < receipt.records:
        yield f"{receipt.records - held.rows:,} rows are missing"
    elif held.rows > receipt.records:
        yield f"{held.rows - receipt.records:,} rows too many"
    if held.distinct_keys < held.rows:
        yield f"{held.rows - held.distinct_keys:,} rows are there more than once"
    if receipt.population_sha256 is not None and held.population_sha256 != receipt.population_sha256:
        yield "the keys are not those that were sent"
