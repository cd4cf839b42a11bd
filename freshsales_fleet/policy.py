"""The retry policy for Airflow 3.3. It runs in the worker, which has the error of the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from freshsales_fleet.retries import decide

FIRST_FAILURE = "first_failure"


class ExitCodePolicy(RetryPolicy):  # type: ignore[misc]
    """Exit codes 77 and 78: no retry. 75: a retry when there is quota, within a budget. Others: back-off."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 - Airflow itself keeps to it
        context: Any = None,
    ) -> RetryDecision:
        now = datetime.now(UTC)
        decision = decide(exception, try_number, first_failure_of(context, now), now)
        if decision.delay is None:
            return RetryDecision.fail(decision.reason)
        return RetryDecision.retry(decision.delay, decision.reason)


def first_failure_of(context: Any, now: datetime) -> datetime:
    """When this account failed first in this run. Airflow stores it for the next tries."""
    store = context["task_state_store"]
    said = store.get(FIRST_FAILURE)
    if said is None:
        store.set(FIRST_FAILURE, now.isoformat())
        return now
    return datetime.fromisoformat(said)
