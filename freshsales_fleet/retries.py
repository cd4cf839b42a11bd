"""Decides by the exit code whether and when an account is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from freshsales_fleet.read import ReadError
from tap_freshsales_users.errors import Cause

RETRIES = 3
NEVER = {Cause.CREDENTIAL.exit_code, Cause.CONFIGURATION.exit_code}
# The longest time that one account may delay the build of the others.
BUDGET = timedelta(minutes=10)
FIRST_BACK_OFF = timedelta(seconds=30)
# The clock of the server and that of this worker may differ.
AFTER_RESET = timedelta(seconds=1)


@dataclass(frozen=True)
class Decision:
    """`delay` is how long to wait before the next try. None: no further try."""

    delay: timedelta | None
    reason: str


def decide(error: BaseException, try_number: int, first_failure: datetime, now: datetime) -> Decision:
    """Decide about an account that failed first at `first_failure`. `try_number` is 1 after the first try."""
    if not isinstance(error, ReadError):
        return _back_off(try_number, "the task itself failed")
    if error.code in NEVER:
        return Decision(None, f"exit code {error.code}: trying again cannot help")
    if error.code == Cause.LATER.exit_code and error.retry_at is not None:
        there = f"exit code {error.code}: there is quota at {error.retry_at:%Y-%m-%dT%H:%M:%SZ}"
        delay = max(error.retry_at + AFTER_RESET - now, AFTER_RESET)
        if now + delay > first_failure + BUDGET:
            minutes = BUDGET // timedelta(minutes=1)
            return Decision(None, f"{there}, more than {minutes} minutes after the first failure")
        return Decision(delay, there)
    return _back_off(try_number, f"exit code {error.code}")


def _back_off(try_number: int, why: str) -> Decision:
    return Decision(FIRST_BACK_OFF * 2 ** (try_number - 1), f"{why}: tried again after a while")
