"""The verdict: whether the warehouse has what this run had to read of each account in its inventory.

Only the warehouse decides. A task that ended well proves nothing, and neither does an earlier run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from freshsales_fleet.inventory import Account
from freshsales_fleet.places import SCHEMA
from freshsales_fleet.warehouse import Warehouse

if TYPE_CHECKING:
    from freshsales_review.verify import Check


@dataclass(frozen=True)
class Verdict:
    """Green or red, and why."""

    accounts: int
    """Number of accounts in the inventory of this run."""
    faults: dict[str, list[str]]
    """The reasons for red, by account, in the order of the inventory."""
    others: list[str]
    """Problems that are not of a single account."""
    is_known: bool = True
    """Whether the warehouse could be asked."""

    @property
    def is_green(self) -> bool:
        return self.is_known and not self.faults and not self.others

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "is_green": self.is_green, "sentences": self.sentences}

    @property
    def sentences(self) -> list[str]:
        """The verdict in sentences, for the log."""
        if self.is_green:
            return [f"Green: all {self.accounts:,} accounts were read in this run and are in the warehouse."]
        if not self.is_known:
            return ["Red: the warehouse does not tell which accounts were read.", *self.others]
        whole = self.accounts - len(self.faults)
        return [
            f"Red: {whole:,} of {self.accounts:,} accounts were read in this run and are in the warehouse.",
            *(f"{account}: {'; '.join(why)}" for account, why in self.faults.items()),
            *self.others,
        ]


def checks_of(accounts: Sequence[Account], since: datetime, warehouse: Warehouse) -> list[Check]:
    """Check what the warehouse has of these accounts. Only reads count that began at `since` or later."""
    from freshsales_review.verify import Due, verify  # noqa: PLC0415 - slow, and not needed to parse the DAG
    from freshsales_review.warehouse import open_warehouse  # noqa: PLC0415

    with open_warehouse(warehouse.landing) as opened:
        return verify(
            opened, SCHEMA, Due([account.host for account in accounts], since=since, is_complete=True)
        )


def judge(accounts: Sequence[Account], checks: Sequence[Check], others: Sequence[str] = ()) -> Verdict:
    """The verdict about these accounts. `others` are problems that are not of a single account."""
    of_account: dict[str, list[Check]] = {account.host: [] for account in accounts}
    for check in checks:
        of_account[check.receipt.account].append(check)
    found = {account.host: _faults(account, of_account[account.host]) for account in accounts}
    return Verdict(len(accounts), {host: faults for host, faults in found.items() if faults}, list(others))


def _faults(account: Account, checks: list[Check]) -> list[str]:
    """One sentence for each reason, with all streams that have it."""
    streams: dict[str, list[str]] = {}
    for stream, why in _reasons(account, checks):
        streams.setdefault(why, []).append(stream)
    return [f"{why}: {', '.join(named)}" for why, named in streams.items()]


def _reasons(account: Account, checks: list[Check]) -> Iterator[tuple[str, str]]:
    """Each stream, with a problem of it."""
    from freshsales_review.verify import NOT_GIVEN_ANY_MORE  # noqa: PLC0415 - slow, see above

    for check in checks:
        receipt = check.receipt
        reason = f" ({receipt.incomplete_reason})" if receipt.incomplete_reason else ""
        # If the inventory names the streams of an account, the others may be missing.
        may_go = bool(account.required_streams) and receipt.stream not in account.required_streams
        for difference in check.differences:
            if not (may_go and difference == NOT_GIVEN_ANY_MORE):
                yield receipt.stream, f"{difference}{reason}"
        if receipt.stream in account.required_streams and not receipt.is_complete and not check.differences:
            yield receipt.stream, f"it is required, and the account does not give it{reason}"
    for stream in account.required_streams:
        if stream not in {check.receipt.stream for check in checks}:
            yield stream, "it is required, and was not read in this run"
    if not checks:
        yield "all streams", "not read in this run"
