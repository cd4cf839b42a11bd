"""`make fleet`: twelve played accounts, a PostgreSQL and Airflow on this machine, and one run of it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event

import click

from fleet.airflow import ROOT, USER, Airflow, FleetFailedError, programs, settings
from fleet.played import CREDENTIAL, GOOD, QUOTA, Played, played, warehouse_connection, write_inventory
from tools.postgresql import served

FOLDER = ROOT / "output" / "fleet"
NAMES = (
    *("acorn", "birch", "cedar", "dogwood", "elm", "fir"),
    *("ginkgo", "hazel", "ivy", "juniper", "larch", "maple"),
)
WRONG = {"cedar": CREDENTIAL, "hazel": QUOTA}


def main(arguments: list[str]) -> int:
    # End everything on these signals, even if a shell made its background jobs ignore Ctrl-C.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        return play(serve="--once" not in arguments)
    except FleetFailedError as error:
        click.echo(f"The fleet failed. {error}", err=True)
        return 1
    except KeyboardInterrupt:
        click.echo("\nInterrupted. Everything is stopped.")
        return 130


def play(*, serve: bool) -> int:
    os.umask(0o077)
    kinds = {name: WRONG.get(name, GOOD) for name in NAMES}
    with alone(), played(kinds) as accounts, served() as postgresql:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        click.echo(f"{len(accounts)} invented accounts and a PostgreSQL are served on this machine.")
        inventory = FOLDER / "accounts.yml"
        write_inventory(accounts, inventory)
        connections: dict[str, str] = {}
        for account in accounts:
            connections |= account.connection
        environment = settings(
            FOLDER / "airflow",
            **programs(),
            **connections,
            **warehouse_connection(postgresql),
            FRESHSALES_FLEET_INVENTORY=str(inventory),
            FRESHSALES_FLEET_OUTPUT=str(FOLDER),
        )
        click.echo("Airflow is started: half a minute.")
        with Airflow(FOLDER / "airflow", environment) as airflow:
            click.echo(f"Airflow    {airflow.address}\nLogin      {USER} / {airflow.password}")
            began = datetime.now().astimezone()
            state = airflow.wait(airflow.trigger())
            seconds = (datetime.now().astimezone() - began).total_seconds()
            click.echo(f"The run ended in {seconds:.0f} s, with the state {state}.\n")
            is_as_played = tell(FOLDER / "verdict.json", accounts)
            if serve:
                click.echo("\nCtrl-C ends it.")
                wait_for_ctrl_c()
    if serve:
        click.echo("\nEverything is stopped.")
    return 0 if is_as_played else 1


@contextmanager
def alone() -> Iterator[None]:
    """Refuse to begin while another one uses the same folder: it would lose its Airflow."""
    FOLDER.parent.mkdir(exist_ok=True)
    with FOLDER.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FleetFailedError("Another `make fleet` runs here: end it first, by Ctrl-C.") from None
        yield


def tell(verdict: Path, accounts: list[Played]) -> bool:
    """Print the verdict. Returns whether it names exactly the accounts that were made to fail."""
    if not verdict.exists():
        raise FleetFailedError("There is no verdict: the page of Airflow shows which task failed.")
    document = json.loads(verdict.read_text())
    click.echo("\n".join(document["sentences"]))
    click.echo(f"\nOverview   {(FOLDER / 'fleet.html').relative_to(ROOT)}")
    wrong = {account.host for account in accounts if account.kind != GOOD}
    return set(document["faults"]) == wrong and not document["others"]


def wait_for_ctrl_c() -> None:
    # Short waits: on some systems, an endless wait blocks signals.
    waiting = Event()
    try:
        while not waiting.wait(1):
            pass
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
