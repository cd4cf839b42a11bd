"""What each task of the DAG does. The modules that it calls know nothing of Airflow and its connections."""

from __future__ import annotations

import json
import logging
import shutil
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException
from airflow.sdk.log import mask_secret

from freshsales_fleet import inventory as inventories
from freshsales_fleet.errors import FleetError, InventoryError
from freshsales_fleet.inventory import Account
from freshsales_fleet.places import Places
from freshsales_fleet.programs import run
from freshsales_fleet.read import (
    CONFIGURATION,
    OUTPUT,
    ReadError,
    create_tables,
    load_spool,
    read_into_spool,
    read_into_warehouse,
    secrets_of,
)
from freshsales_fleet.verdict import Verdict, checks_of, judge
from freshsales_fleet.warehouse import Warehouse, duckdb_warehouse, last_run, postgresql_warehouse
from freshsales_review.errors import ReviewError

log = logging.getLogger(__name__)

# What the task `inventory` returns for the other tasks. They always run, and get None if it failed.
Run = dict[str, Any]


def entries(places: Places) -> list[dict[str, Any]]:
    """The entries that the reads are mapped over. Empty if the inventory is wrong: its own task says why."""
    try:
        return [account.to_json() for account in inventories.load(places.inventory)]
    except InventoryError:
        return []


def inventory(places: Places) -> Run:
    """Check the inventory. Returns it with the moment at which this run began."""
    since = datetime.now(UTC)
    try:
        places.check()
        accounts = inventories.load(places.inventory)
    except FleetError as error:
        raise AirflowFailException(str(error)) from None
    log.info("%d accounts are to be read.", len(accounts))
    return {"since": since.isoformat(), "accounts": [account.to_json() for account in accounts]}


def prepare(places: Places) -> None:
    """Make the tables, and put into the history what an earlier run loaded and did not build."""
    places.output.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Delete what an earlier run read and could not load: this run reads it again.
    shutil.rmtree(places.spools, ignore_errors=True)
    try:
        create_tables(_warehouse(places), places)
    except FleetError as error:
        raise AirflowFailException(str(error)) from None
    _review(places, "capture")


def read(places: Places, entry: dict[str, Any], run_id: str, attempt: int) -> None:
    """Read one account; raises ReadError. With PostgreSQL it also loads and checks it."""
    account = Account.from_json(entry)
    secrets, warehouse = _secrets(account), _warehouse(places)
    try:
        last, began = last_run(warehouse, account.host), datetime.now(UTC)
        if not places.is_postgresql:
            spooled = places.spool(run_id) / f"{account.host}.{attempt:03}.jsonl"
            read_into_spool(account, secrets, last, places, spooled)
            return
        read_into_warehouse(account, secrets, last, warehouse, places)
        found = judge([account], checks_of([account], began, warehouse))
    except ReviewError as error:
        raise ReadError(account.host, OUTPUT, why=str(error)) from None
    if not found.is_green:
        raise ReadError(account.host, OUTPUT, why="; ".join(found.faults[account.host]))


def load(places: Places, run: Run | None, run_id: str) -> bool:
    """With DuckDB: load what the reads have left in the spool."""
    _skip_without(run)
    spool = places.spool(run_id)
    failed = load_spool(spool, _warehouse(places), places)
    if failed:
        raise FleetError(f"The loader failed for {', '.join(failed)}; its words are above.")
    shutil.rmtree(spool, ignore_errors=True)
    return True


def marts(places: Places, run: Run | None) -> bool:
    """Build the marts of all accounts."""
    _skip_without(run)
    _review(places, "dbt", "build", "--exclude-resource-type", "unit_test")
    return True


def reports(places: Places, run: Run | None) -> bool:
    """Write the page of each account, and the overview."""
    _skip_without(run)
    _review(places, "report", "--all", str(places.pages))
    places.expected.write_text(json.dumps(run))
    _review(
        places,
        "fleet-report",
        *("--output", str(places.overview)),
        *("--pages", str(places.pages)),
        *("--inventory", str(places.expected)),
    )
    log.info("The overview is %s", places.overview)
    return True


def verdict(places: Places, run: Run | None, built: object, reported: object) -> str:
    """Raise if the verdict is red. Then the run of the DAG fails, and nothing that waits for it begins."""
    if run is None:
        raise AirflowFailException("Red: the inventory could not be used, and nothing was read.")
    accounts = [Account.from_json(entry) for entry in run["accounts"]]
    others = [
        sentence
        for done, sentence in (
            (built, "The marts were not built, or one of their tests failed: see the task `marts`."),
            (reported, "The reports were not written: see the task `reports`."),
        )
        if not done
    ]
    try:
        checks = checks_of(accounts, datetime.fromisoformat(run["since"]), _warehouse(places))
        found = judge(accounts, checks, others)
    except ReviewError as error:
        found = Verdict(len(accounts), {}, [*others, str(error)], is_known=False)
    (places.output / "verdict.json").write_text(json.dumps(found.to_json(), indent=2))
    for sentence in found.sentences:
        log.info(sentence)
    said = "\n".join(found.sentences)
    if not found.is_green:
        raise AirflowFailException(said)
    return said


def _skip_without(run: Run | None) -> None:
    if run is None:
        raise AirflowSkipException("The inventory could not be used: nothing is to be done.")


def _secrets(account: Account) -> dict[str, str]:
    try:
        connection = Connection.get(account.connection)
    except AirflowNotFoundException:
        raise ReadError(
            account.host,
            CONFIGURATION,
            why=f"there is no Airflow connection {account.connection}",
        ) from None
    secrets = secrets_of(connection)
    for secret in secrets.values():
        mask_secret(secret)
    return secrets


def _warehouse(places: Places) -> Warehouse:
    if places.warehouse_connection is None:
        return duckdb_warehouse(places)
    try:
        connection = Connection.get(places.warehouse_connection)
        if connection.password:
            mask_secret(connection.password)
        return postgresql_warehouse(connection)
    except AirflowNotFoundException:
        raise AirflowFailException(f"There is no Airflow connection {places.warehouse_connection}.") from None
    except FleetError as error:
        raise AirflowFailException(str(error)) from None


def _review(places: Places, command: str, *arguments: str) -> None:
    """Run a command of `freshsales-review`; raises if it fails. Its messages are in the log of the task."""
    environment = _warehouse(places).environment | {
        "DBT_PROJECT_DIR": str(places.transform),
        "DBT_PROFILES_DIR": str(places.transform / "profiles"),
        "DBT_TARGET_PATH": str(places.output / "dbt"),
        "DBT_LOG_PATH": str(places.output / "dbt"),
        "DBT_USE_COLORS": "false",
        "COLUMNS": "200",
    }
    code = run("review", [places.review, command, "--loader", places.loader_name, *arguments], environment)
    if code:
        raise AirflowFailException(
            f"`freshsales-review {command}` ended with exit code {code}; its words are above."
        )
