"""The verdict: whether the warehouse holds, of every account of this run's inventory, what it had to read.

Only the warehouse is asked. A task that ended well proves nothing, and neither does an old run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from freshsales_fleet.inventory import Account
from freshsales_fleet.places import SCHEMA
from freshsales_fleet.warehouse import Warehouse

if TYPE_CHECKING:
    from freshsales_review.verify import Check

ABSENT = "absent"


@dataclass(frozen=True)
class Verdict:
    accounts: int
    """In the inventory of this run."""
    faults: dict[str, list[str]]
    """Why, by account; in order of the inventory."""
    others: list[str]
    """What else went wrong, of all accounts together."""

    @property
    def is_green(self) -> bool:
        return not self.faults and not self.others

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "is_green": self.is_green, "sentences": self.sentences}

    @property
    def sentences(self) -> list[str]:
        if self.is_green:
            return [f"Green: all {self.accounts:,} accounts were read in this run and are in the warehouse."]
        read = self.accounts - len(self.faults)
        return [
            f"Red: {read:,} of {self.accounts:,} accounts were read in this run and are in the warehouse.",
            *(f"{account}: {'; '.join(why)}" for account, why in self.faults.items()),
            *self.others,
        ]


def held(warehouse: Warehouse) -> tuple[list[Check], dict[str, datetime]]:
    """What the warehouse holds of the latest run of each account, and when that run ended."""
    from freshsales_review.timeliness import latest_runs  # noqa: PLC0415 - slow, and of the verdict alone
    from freshsales_review.verify import verify  # noqa: PLC0415
    from freshsales_review.warehouse import open_warehouse  # noqa: PLC0415

    with open_warehouse(warehouse.landing) as opened:
        return verify(opened, SCHEMA), {run.account: run.finished_at for run in latest_runs(opened, SCHEMA)}


def judge(
    accounts: Sequence[Account],
    checks: Sequence[Check],
    runs: dict[str, datetime],
    since: datetime,
    others: Sequence[str] = (),
) -> Verdict:
    """Judge by the `checks` of the latest run of each account; the run of the DAG began at `since`."""
    of_account: dict[str, list[Check]] = {}
    for check in checks:
        of_account.setdefault(check.receipt.account, []).append(check)
    faults = {}
    for account in accounts:
        if why := _faults(account, of_account.get(account.host, []), runs.get(account.host), since):
            faults[account.host] = why
    return Verdict(len(accounts), faults, list(others))


def _faults(account: Account, checks: list[Check], ended: datetime | None, since: datetime) -> list[str]:
    if ended is None:
        return ["it was never read"]
    if ended < since:
        return [f"it was not read in this run; the last run ended at {ended:%Y-%m-%d %H:%M} UTC"]
    found = []
    for check in checks:
        receipt = check.receipt
        if not receipt.is_complete and not (
            receipt.incomplete_reason == ABSENT and receipt.stream not in account.required_streams
        ):
            found.append(f"{receipt.stream} was not read to its end ({receipt.incomplete_reason})")
        found += [f"{receipt.stream}: {difference}" for difference in check.differences]
    missing = set(account.required_streams) - {check.receipt.stream for check in checks}
    return found + [f"{stream} was not read" for stream in account.required_streams if stream in missing]
