"""Complete reads that all of a sudden miss many of those who were there before.

Such a read is held back: nobody is gone by it until the next complete read agrees, or somebody has confirmed
it. The marts do the same (`freshsales_is_held_back` in `transform/macros`); this says it of the raw tables.
"""
# ruff: noqa: S608  -- names of schemas and tables are quoted by identifier(); values are parameters

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from freshsales_review.errors import ReviewError
from freshsales_review.warehouse import Warehouse, identifier


@dataclass(frozen=True)
class Loss:
    rows_missing: int
    rows_read_before: int


@dataclass(frozen=True)
class Threshold:
    share: float
    least: int
    confirmed: Collection[str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Threshold":
        """From the variables that dbt reads, too."""
        try:
            share = float(environment.get(name := "FRESHSALES_HELD_BACK_SHARE", "0.3"))
            least = int(environment.get(name := "FRESHSALES_HELD_BACK_LEAST", "5"))
        except ValueError as error:
            raise ReviewError(f"{name} must be a number, as 0.3 (share) or 5 (least).") from error
        return cls(
            share, least, environment.get("FRESHSALES_CONFIRMED_SYNC_IDS", "").replace(",", " ").split()
        )

    def holds_back(self, sync_id: str, loss: Loss) -> bool:
        return (
            loss.rows_missing >= self.least
            and loss.rows_missing > self.share * loss.rows_read_before
            and sync_id not in self.confirmed
        )


def loss_of(
    warehouse: Warehouse,
    receipts: str,
    table: str | None,
    key: tuple[str, ...],
    *,
    account: str,
    stream: str,
    sync_id: str,
    records: int,
) -> Loss | None:
    """What a complete read misses of what the complete read before it, or a run since then, had met."""
    before = list(
        warehouse.query(
            f"select sync_id, records from {receipts} where account = $1 and stream = $2 and sync_id < $3 "
            "and is_complete order by sync_id desc limit 1",
            [account, stream, sync_id],
        )
    )
    if not before:
        return None
    [(before_sync_id, records_before)] = before
    left_behind = 0
    if table is not None:
        [(left_behind,)] = warehouse.query(
            f"select count(*) from (select 1 as one from {table} where account = $1 "
            f"group by {', '.join(map(identifier, key))} "
            "having max(sync_id) >= $2 and max(sync_id) < $3) as latest",
            [account, before_sync_id, sync_id],
        )
    # A loader that deletes rows leaves the two numbers of rows read alone.
    before_count = int(records_before or 0)
    return Loss(max(int(left_behind), before_count - records), before_count)
