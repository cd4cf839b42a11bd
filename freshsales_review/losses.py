"""Finds complete reads in which suddenly many people are missing.

Such a read is held back: it marks nobody as removed until the next complete read agrees, or somebody confirms
it. The marts do the same (`freshsales_is_held_back` in `transform/macros`). This module looks at the raw
tables.
"""
# ruff: noqa: S608  -- names of schemas and tables are quoted by identifier(); values are parameters

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from freshsales_review.errors import ReviewError
from freshsales_review.warehouse import Warehouse, among, identifier


@dataclass(frozen=True)
class Loss:
    """How many rows a read misses, and how many the complete read before it had."""

    rows_missing: int
    rows_read_before: int


@dataclass(frozen=True)
class Threshold:
    """From how many missing rows on a read is held back; `confirmed` are reads that are not."""

    share: float
    least: int
    confirmed: Collection[str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Threshold":
        """The limits in the environment variables that dbt reads, too."""
        try:
            share = float(environment.get(name := "FRESHSALES_HELD_BACK_SHARE", "0.3"))
            least = int(environment.get(name := "FRESHSALES_HELD_BACK_LEAST", "5"))
        except ValueError as error:
            raise ReviewError(f"{name} must be a number, as 0.3 (share) or 5 (least).") from error
        return cls(
            share, least, environment.get("FRESHSALES_CONFIRMED_SYNC_IDS", "").replace(",", " ").split()
        )

    def holds_back(self, sync_id: str, loss: Loss) -> bool:
        """Whether this read is held back."""
        return (
            loss.rows_missing >= self.least
            and loss.rows_missing > self.share * loss.rows_read_before
            and sync_id not in self.confirmed
        )


def losses_of(
    warehouse: Warehouse,
    receipts: str,
    table: str | None,
    key: tuple[str, ...],
    *,
    stream: str,
    judged: Mapping[str, tuple[str, int]],
    accounts: Collection[str] = (),
) -> dict[str, Loss]:
    """By account, what a complete read misses of what the complete read before it, or a run since then, met.

    `judged` has the `sync_id` of the read that is judged, and its records. Two queries for all accounts,
    or for those that are named.
    """
    of_accounts = among("account", accounts)
    before: dict[str, tuple[str, int]] = {}
    for account, sync_id, records in warehouse.query(
        f"select account, sync_id, max(records) from {receipts} where {of_accounts} "
        f"and stream = ${len(accounts) + 1} and is_complete group by account, sync_id order by sync_id",
        [*accounts, stream],
    ):
        if account in judged and sync_id < judged[account][0]:
            before[account] = (sync_id, int(records or 0))
    left_behind: Counter[str] = Counter()
    if table is not None and before:
        # Counted by the last run that had a key: there are few runs, but many keys.
        for account, sync_id, rows in warehouse.query(
            f"select account, sync_id, count(*) from (select account, max(sync_id) as sync_id from {table} "
            f"where {of_accounts} group by account, {', '.join(map(identifier, key))}) as latest "
            "group by account, sync_id",
            [*accounts],
        ):
            if account in before and before[account][0] <= sync_id < judged[account][0]:
                left_behind[account] += int(rows)
    # If a loader deletes rows, only the two numbers of rows that were read are left.
    return {
        account: Loss(max(left_behind[account], records - judged[account][1]), records)
        for account, (_, records) in before.items()
    }
