"""Finds the earlier run that each account is compared with: a named run, or the last one before a time."""
# ruff: noqa: S608  -- names are quoted by identifier()

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from freshsales_review.errors import ReviewError
from freshsales_review.warehouse import Warehouse, identifier


@dataclass(frozen=True)
class Run:
    """A run of an account."""

    sync_id: str
    finished_at: datetime | None
    """In UTC without a zone, as in the warehouse. None if the run does not say when it ended."""


@dataclass(frozen=True)
class Span:
    """The runs that are compared: those of the account after `since`, up to `latest`."""

    account: str
    since: Run | None
    latest: Run

    @property
    def since_id(self) -> str:
        """The id of the earlier run; empty if there is none, so that every run is later."""
        return self.since.sync_id if self.since else ""


def spans(warehouse: Warehouse, marts_schema: str, since: str | None) -> list[Span]:
    """The runs to compare for each account; raises a ReviewError if `since` is neither a run nor a time."""
    runs = _runs(warehouse, marts_schema)
    if since is None:
        before = {account: found[-2] if found[1:] else None for account, found in runs.items()}
    elif any(run.sync_id == since for found in runs.values() for run in found):
        # The ids of runs sort by time, also across accounts.
        before = {
            account: _last(run for run in found if run.sync_id <= since) for account, found in runs.items()
        }
    else:
        moment = _moment(since)
        before = {
            account: _last(run for run in found if run.finished_at and run.finished_at <= moment)
            for account, found in runs.items()
        }
    return [Span(account, before[account], found[-1]) for account, found in runs.items()]


def _runs(warehouse: Warehouse, marts_schema: str) -> Mapping[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for account, sync_id, finished_at in warehouse.query(
        "select account, sync_id, max(coalesce(finished_at, started_at)) "
        f"from {identifier(marts_schema, 'data_quality')} group by account, sync_id"
    ):
        found.setdefault(account, []).append(Run(sync_id, finished_at))
    return {account: sorted(found[account], key=lambda run: run.sync_id) for account in sorted(found)}


def _last(runs: Iterable[Run]) -> Run | None:
    return max(runs, key=lambda run: run.sync_id, default=None)


def _moment(since: str) -> datetime:
    try:
        moment = datetime.fromisoformat(since)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ReviewError(
            f"{since} is neither a run in this warehouse nor a date, such as 2026-01-31T06:00:00Z."
        ) from None
    if moment > datetime.now(UTC):
        raise ReviewError(f"{since} lies in the future: give a time that has passed.")
    return moment.replace(tzinfo=None)
