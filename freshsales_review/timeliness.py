"""Checks that the latest run in the warehouse is the one that was just made.

Rows can agree with their receipts and still be old: perhaps the load went to another place, or failed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from freshsales_review.errors import ReviewError
from freshsales_review.verify import RECEIPTS
from freshsales_review.warehouse import Warehouse, among, identifier, utc

# The clocks of two machines may differ by this much.
TOLERATED_AHEAD = timedelta(minutes=5)
# An error names at most this many runs.
MOST_RUNS_NAMED = 5


@dataclass(frozen=True)
class Run:
    """The latest run of an account in the warehouse."""

    account: str
    sync_id: str
    finished_at: datetime

    @property
    def end(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M} UTC"


def latest_runs(warehouse: Warehouse, schema: str, accounts: Collection[str] = ()) -> list[Run]:
    """The latest run of each account, in the order of the accounts; of all accounts if none are named."""
    table = identifier(schema, RECEIPTS)
    rows = warehouse.query(
        f"select r.account, r.sync_id, max(r.finished_at) from {table} r "  # noqa: S608 - quoted
        f"join (select account, max(sync_id) as sync_id from {table} where {among('account', accounts)} "
        "group by account) latest "
        "on latest.account = r.account and latest.sync_id = r.sync_id "
        "group by r.account, r.sync_id order by r.account",
        [*accounts],
    )
    return [Run(account, sync_id, utc(finished_at)) for account, sync_id, finished_at in rows]


def check_timely(runs: Sequence[Run], now: datetime, max_age: timedelta | None, sync_id: str | None) -> None:
    """Raise a ReviewError if a run is from the future, or if the run that was just made is not here.

    The run that was just made is that of `sync_id`. Without `sync_id`, it is any run that ended at most
    `max_age` ago. Without both, the age is not checked.
    """
    for run in runs:
        if run.finished_at > now + TOLERATED_AHEAD:
            raise ReviewError(
                f"Run {run.sync_id} of {run.account} is a run from the future: it ended at {run.end}, and "
                f"now it is {now:%Y-%m-%d %H:%M} UTC. The clock was wrong, here or where the tap ran, or "
                "the loader wrote local times (set PGTZ=UTC for it). Until that time has passed, every "
                f"other run counts as older. Take it out with `freshsales-review forget {run.sync_id}`, "
                "and load again."
            )
    if sync_id is not None:
        if sync_id not in {run.sync_id for run in runs}:
            latest = ", ".join(f"{run.sync_id} ({run.account})" for run in runs[:MOST_RUNS_NAMED])
            others = f" and {len(runs) - MOST_RUNS_NAMED:,} more" if len(runs) > MOST_RUNS_NAMED else ""
            raise ReviewError(
                f"Run {sync_id} is not the latest run here, which is {latest or 'none'}{others}: the "
                "load went elsewhere, or did not finish. The log of the loader says which."
            )
        return
    if max_age is None or not runs:
        return
    latest_run = max(runs, key=lambda run: run.finished_at)
    if latest_run.finished_at < now - max_age:
        raise ReviewError(
            f"The latest run here, {latest_run.sync_id} of {latest_run.account}, ended at "
            f"{latest_run.end}, longer ago than {max_age // timedelta(minutes=1):,} minutes: the load went "
            "elsewhere, or did not finish. To check an older run, give a greater --max-age-minutes, or "
            "name the run with --sync-id."
        )
