"""The fleet: one task reads each account of the inventory; then come one build and one verdict.

    inventory → prepare → read[account] → (load, on DuckDB) → marts → reports → verdict

The `FRESHSALES_FLEET_*` variables of the workers say where things are: see README.md beside this folder.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, TriggerRule, get_current_context, task

from freshsales_fleet import tasks
from freshsales_fleet.places import Places
from freshsales_fleet.policy import ExitCodePolicy
from freshsales_fleet.retries import FIRST_BACK_OFF, RETRIES

PLACES = Places.of()
MARTS = Asset("freshsales_identity_marts")
GREEN = Asset("freshsales_fleet_green")

with DAG(
    "freshsales_fleet",
    description="Reads every Freshsales account of the inventory, builds the marts once, gives a verdict.",
    schedule=os.environ.get("FRESHSALES_FLEET_SCHEDULE"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # Two runs at once would load the same accounts.
    max_active_runs=1,
    default_args={"owner": "freshsales"},
    doc_md=__doc__,
    tags=["freshsales"],
) as dag:

    @task
    def inventory() -> dict[str, Any]:
        return tasks.inventory(PLACES)

    @task
    def prepare() -> None:
        tasks.prepare(PLACES)

    @task(
        pool=os.environ.get("FRESHSALES_FLEET_POOL", "default_pool"),
        retries=RETRIES,
        # For a task that was killed: it could not ask the policy.
        retry_delay=FIRST_BACK_OFF,
        retry_policy=ExitCodePolicy(),
        execution_timeout=timedelta(hours=2),
        map_index_template="{{ account }}",
    )
    def read(entry: dict[str, Any]) -> None:
        context = get_current_context()
        context["account"] = entry["host"]
        tasks.read(PLACES, entry, context["run_id"], context["ti"].try_number)

    @task(trigger_rule=TriggerRule.ALL_DONE, retries=1, retry_delay=FIRST_BACK_OFF)
    def load(run: Any) -> bool:
        return tasks.load(PLACES, run, get_current_context()["run_id"])

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[MARTS])
    def marts(run: Any) -> bool:
        return tasks.marts(PLACES, run)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def reports(run: Any) -> bool:
        return tasks.reports(PLACES, run)

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[GREEN])
    def verdict(run: Any, built: Any, reported: Any) -> str:
        return tasks.verdict(PLACES, run, built, reported)

    # A literal list: a task can be mapped over at most 1,024 entries of an XCom. If the inventory is wrong,
    # the task `inventory` says why.
    checked = inventory()
    reading = read.expand(entry=tasks.entries(PLACES))
    built, reported = marts(checked), reports(checked)
    checked >> prepare() >> reading
    last = reading
    if not PLACES.is_postgresql:
        last = load(checked)
        reading >> last
    last >> built >> reported >> verdict(checked, built, reported)
