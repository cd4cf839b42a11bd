"""Compares the rows in the warehouse with the receipts of each account, and the receipts with what is due.

A loader can lose or repeat rows and report nothing. The receipt of the tap says how many rows the tap sent,
and with which keys.
"""
# ruff: noqa: S608  -- names of schemas and tables are quoted by identifier(); values are parameters

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from freshsales_review.errors import ReviewError
from freshsales_review.losses import Loss, losses_of
from freshsales_review.warehouse import Warehouse, among, columns_of, identifier, utc

RECEIPTS = "sync_receipts"
# The key of each stream, without `account`: every key starts with that.
KEYS: dict[str, tuple[str, ...]] = {
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
# Of how many owners it is asked what they own is a matter of a setting: no loss is seen in fewer.
OF_ANY_SIZE = ("owned_records",)


# The reasons of a receipt for which an account does not give a stream although nothing failed.
NOT_GIVEN = ("absent", "unreadable", "scope_unknown", "uncounted")
NOT_READ_TO_ITS_END = "it was not read to its end"
NOT_GIVEN_ANY_MORE = "the account gave it before, and does not give it any more"


@dataclass(frozen=True)
class Due:
    """What has to be in the warehouse. By default: what the latest run of each account has receipts of."""

    # The accounts that must be there; if empty, all that have a receipt.
    accounts: Collection[str] = ()
    # Streams that each account must have a receipt of. If empty and `since` is set: all that it ever had.
    streams: Collection[str] = ()
    # A receipt does not count if its read began before this moment.
    since: datetime | None = None
    # Whether each stream has to be read to its end.
    is_complete: bool = False

    def missed(self, receipt: Receipt, *, was_given: bool) -> str | None:
        """What is wrong if this stream had to be read to its end and was not; None if nothing is.

        An account need not give every stream. But a stream must be there if `streams` names it, or if it was
        read to its end before. A credential that lost its rights looks the same as a list that never existed.
        """
        if not self.is_complete or receipt.is_complete:
            return None
        reason = (receipt.incomplete_reason or "").partition(":")[0]
        if reason not in NOT_GIVEN or receipt.stream in self.streams:
            return NOT_READ_TO_ITS_END
        return NOT_GIVEN_ANY_MORE if was_given and not self.streams else None


LATEST_RUNS = Due()


@dataclass(frozen=True)
class Receipt:
    """A receipt of the tap, as far as it is checked."""

    account: str
    sync_id: str
    stream: str
    is_complete: bool
    incomplete_reason: str | None
    # The rows as they were sent: a stream map may have left some out, or changed their keys.
    records: int
    population_sha256: str | None


@dataclass(frozen=True)
class Held:
    """What the warehouse holds of one run of one stream."""

    rows: int = 0
    distinct_keys: int = 0
    population_sha256: str = hashlib.sha256(b"").hexdigest()
    rows_of_later_runs: int = 0


@dataclass(frozen=True)
class Check:
    """A receipt, the rows in the warehouse, and how they differ; `loss` if people are missing."""

    receipt: Receipt
    held: Held
    differences: tuple[str, ...]
    loss: Loss | None = None


def verify(warehouse: Warehouse, schema: str, due: Due = LATEST_RUNS) -> list[Check]:
    """Check the latest receipts of every account, in the order of account and stream.

    It sends a few queries for each table. Raises ReviewError if there are no receipts.
    """
    columns = columns_of(warehouse, schema)
    if RECEIPTS not in columns:
        raise ReviewError(
            f"There is no table {schema}.{RECEIPTS} in the warehouse: run the pipeline first, "
            "or name the schema that it loads into with --schema."
        )
    latest = list(_latest_receipts(warehouse, schema, columns[RECEIPTS], due))
    if not latest and not due.accounts:
        raise ReviewError(
            f"The table {schema}.{RECEIPTS} is empty: no run has finished yet. Run the pipeline first."
        )
    in_time = [receipt for receipt, moment in latest if due.since is None or moment >= due.since]
    given = _given(warehouse, schema, due) if due.is_complete else frozenset()
    checks = [
        check
        for stream, receipts in groupby(sorted(in_time, key=_stream), key=_stream)
        for check in _checks(warehouse, schema, list(receipts), given, is_loaded=stream in columns, due=due)
    ]
    checks += _lacking([receipt for receipt, _ in latest], in_time, due)
    if "pseudonym_key_fingerprint" in columns[RECEIPTS]:  # not in what earlier versions loaded
        checks += _of_another_key(warehouse, schema, due.accounts)
    return sorted(checks, key=lambda check: (check.receipt.account, check.receipt.stream))


def _latest_receipts(
    warehouse: Warehouse, schema: str, columns: set[str], due: Due
) -> Iterator[tuple[Receipt, datetime]]:
    """Receipts, each with the moment at which its read began.

    They are those of the latest run of an account; with `since`, the latest ones of each stream.
    """
    table = identifier(schema, RECEIPTS)
    sent, sent_population = "r.records", "r.population_sha256"
    if "records_sent" in columns:  # not in what earlier versions loaded
        sent = "coalesce(r.records_sent, r.records)"
        sent_population = (
            "case when r.records_sent is null then r.population_sha256 else r.sent_population_sha256 end"
        )
    began = "started_at" if "started_at" in columns else "finished_at"
    by = "account" if due.since is None else "account, stream"
    and_stream = "" if due.since is None else "and latest.stream = r.stream "
    # A loader that appends may have one receipt many times. So the rows are grouped.
    rows = warehouse.query(
        "select r.account, r.sync_id, r.stream, r.is_complete, r.incomplete_reason, "
        f"{sent} as sent, {sent_population} as population, max(r.{began}) from {table} r "
        f"join (select {by}, max(sync_id) as sync_id from {table} where {among('account', due.accounts)} "
        f"group by {by}) latest "
        f"on latest.account = r.account {and_stream}and latest.sync_id = r.sync_id "
        "group by r.account, r.sync_id, r.stream, r.is_complete, r.incomplete_reason, "
        f"{sent}, {sent_population} order by r.account, r.stream",
        [*due.accounts],
    )
    for account, sync_id, stream, is_complete, reason, records, sha256, moment in rows:
        receipt = Receipt(account, sync_id, stream, bool(is_complete), reason, int(records or 0), sha256)
        yield receipt, utc(moment)


def _given(warehouse: Warehouse, schema: str, due: Due) -> frozenset[tuple[str, str]]:
    """Account and stream of every list that was read to its end at any time."""
    rows = warehouse.query(
        f"select distinct account, stream from {identifier(schema, RECEIPTS)} "
        f"where is_complete and {among('account', due.accounts)}",
        [*due.accounts],
    )
    return frozenset((account, stream) for account, stream in rows)


def _of_another_key(warehouse: Warehouse, schema: str, accounts: Collection[str]) -> Iterator[Check]:
    """A failed check for each account whose runs had different keys: they name each person differently."""
    mixed = warehouse.query(
        "select account, min(sync_id) from ("
        "select account, sync_id, coalesce(pseudonym_key_fingerprint, '') as key, "
        "first_value(coalesce(pseudonym_key_fingerprint, '')) "
        f"over (partition by account order by sync_id) as first_key from {identifier(schema, RECEIPTS)} "
        f"where {among('account', accounts)}) as keyed where key <> first_key "
        "group by account order by account",
        [*accounts],
    )
    for account, sync_id in mixed:
        difference = (
            f"run {sync_id} was made with another `pseudonym_key` than the runs before it, or only one of "
            "them with any: names and addresses of the two cannot be compared. Take it out with "
            f"`freshsales-review forget {sync_id} --yes` and run again with the key of before, or load into "
            "another warehouse"
        )
        yield Check(Receipt(account, sync_id, RECEIPTS, False, None, 0, None), Held(), (difference,))


def _stream(receipt: Receipt) -> str:
    return receipt.stream


def _lacking(latest: list[Receipt], in_time: list[Receipt], due: Due) -> Iterator[Check]:
    """A failed check for each stream that is due and has no receipt."""
    found = {(receipt.account, receipt.stream) for receipt in in_time}
    had: dict[str, set[str]] = {account: set() for account in due.accounts}
    for receipt in latest:
        had.setdefault(receipt.account, set()).add(receipt.stream)
    when = "in the latest run" if due.since is None else f"since {due.since:%Y-%m-%d %H:%M:%S} UTC"
    for account, streams in had.items():
        for stream in due.streams or streams or {RECEIPTS}:
            if (account, stream) not in found:
                receipt = Receipt(account, "", stream, False, None, 0, None)
                yield Check(receipt, Held(), (f"it was due, and has no receipt {when}",))


def _checks(
    warehouse: Warehouse,
    schema: str,
    receipts: list[Receipt],
    given: Collection[tuple[str, str]],
    *,
    is_loaded: bool,
    due: Due,
) -> Iterator[Check]:
    """The checks of one stream, for all accounts."""
    stream = receipts[0].stream
    key = KEYS.get(stream)
    if key is None:
        yield from (Check(receipt, Held(), ("this version knows no such stream",)) for receipt in receipts)
        return
    table = identifier(schema, stream) if is_loaded else None
    judged = {
        receipt.account: (receipt.sync_id, receipt.records)
        for receipt in receipts
        if receipt.is_complete and stream not in OF_ANY_SIZE
    }
    losses = losses_of(
        warehouse,
        identifier(schema, RECEIPTS),
        table,
        key,
        stream=stream,
        judged=judged,
        accounts=due.accounts,
    )
    held = {} if table is None else _held(warehouse, schema, stream, key, due)
    for receipt in receipts:
        of_account = held.get(receipt.account, Held())
        differences = [*_differences(receipt, of_account)]
        if table is None:
            differences = ["the table is missing"] if receipt.records else []
        missed = due.missed(receipt, was_given=(receipt.account, stream) in given)
        if missed is not None:
            differences.append(missed)
        yield Check(receipt, of_account, tuple(differences), losses.get(receipt.account))


def _held(warehouse: Warehouse, schema: str, stream: str, key: tuple[str, ...], due: Due) -> dict[str, Held]:
    """What the table holds of the latest run of each account."""
    receipts = identifier(schema, RECEIPTS)
    # A loader may store an id as HUGEINT, bigint or numeric. As text they are equal.
    as_text = " || chr(9) || ".join(f"coalesce(cast(held.{identifier(part)} as varchar), '')" for part in key)
    of_run = "case when held.sync_id = judged.sync_id then {0} end"
    key_of_run = of_run.format(f"({as_text})")
    asked = among("account", due.accounts)
    parameters: list[object] = [*due.accounts]
    if due.since is not None:
        parameters.append(stream)
        asked += f" and stream = ${len(parameters)}"
    rows = warehouse.query(
        f"with judged as (select account, max(sync_id) as sync_id from {receipts} where {asked} "
        "group by account) "
        f"select judged.account, count({of_run.format(1)}), count(distinct {key_of_run}), "
        f"{warehouse.sha256_of_lines.format(key_of_run)}, "
        "count(case when held.sync_id > judged.sync_id then 1 end) "
        f"from judged join {identifier(schema, stream)} as held "
        "on held.account = judged.account and held.sync_id >= judged.sync_id group by judged.account",
        parameters,
    )
    return {
        account: Held(rows, distinct_keys, sha256 or Held.population_sha256, later)
        for account, rows, distinct_keys, sha256, later in rows
    }


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
