"""Serves an invented account, runs the pipeline on it, and prints what the warehouse says then."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic

from rich.console import Console

from demo.campaign import hold, print_outcomes
from demo.errors import DemoFailedError
from demo.summary import print_answers, print_loaded
from demo.warehouse import foreign_accounts, opened
from freshsales_review.terminal import cell, printable, show_what_can_be_shown
from freshsales_sandbox.app import DOMAIN, Sandbox
from freshsales_sandbox.okta.roster import roster_of
from freshsales_sandbox.okta.tenant import SERVICE_LOGIN

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "output"
LANDING = OUTPUT / "landing.duckdb"
OKTA = OUTPUT / "okta.duckdb"
ROSTER = OUTPUT / "demo-roster.csv"
CHECKSUM = OUTPUT / "demo-roster.csv.sha256"
WAREHOUSE = OUTPUT / "warehouse.duckdb"
DECISIONS = OUTPUT / "demo-decisions.csv"
LOG = OUTPUT / "demo.log"
# The state and the locks of Meltano, separate from those of a real account.
STATE = OUTPUT / "demo-meltano.db"
JOB = "identity"
# Before the last one comes the other side: who has left, by the identity provider and by HR.
OTHER_SIDE = ("okta", "roster")
SOURCES = [
    {"source": "okta", "adapter": "okta", "schema": "freshsales_okta", "path": str(OKTA)},
    {"source": "hr", "adapter": "roster", "schema": "freshsales_roster", "account": DOMAIN},
]
PEOPLE = 250
SEED = 7
RUNS = 3
DAYS_BETWEEN_RUNS = 14
LOG_LINES_SHOWN = 30
# The width of the output without a terminal.
WIDTH = "110"


def main() -> int:
    show_what_can_be_shown()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else int(WIDTH))
    # End everything on these signals.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        start_over()
        play(console)
        show(console)
    except DemoFailedError as error:
        console.print(f"[bold red]The demo failed.[/] {cell(error)}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted. The sandbox is stopped.")
        return 130
    return 0


def start_over() -> None:
    """Remove what an earlier demo left. A file with other data is not touched."""
    OUTPUT.mkdir(exist_ok=True)
    LOG.write_text("")
    STATE.unlink(missing_ok=True)
    made = [path for path in (LANDING, OKTA, WAREHOUSE) if path.exists()]
    for path in made:
        with opened(path) as warehouse:
            foreign = foreign_accounts(warehouse)
        if foreign:
            raise DemoFailedError(
                f"{path.name} holds {', '.join(foreign)}, not to be mixed with invented people: "
                "move the file away, and start the demo again."
            )
    for path in made:
        path.unlink()


def play(console: Console) -> None:
    with Sandbox(people=PEOPLE, seed=SEED, okta_clock=lambda: datetime.now(UTC)) as sandbox:
        address = sandbox.config["rest_api_url"].removesuffix("/crm/sales/api")
        console.print(f"An invented Freshsales account of {PEOPLE} people is served at {address}")
        for run in range(RUNS):
            if run:
                changes = sandbox.play(DAYS_BETWEEN_RUNS)
                console.print(f"{DAYS_BETWEEN_RUNS} days pass there, with {len(changes)} changes.")
            is_last = run == RUNS - 1
            jobs = [*(OTHER_SIDE if is_last else ()), JOB]
            write_roster(sandbox)
            began, asked = monotonic(), len(sandbox.requests)
            console.print(f"meltano run {' '.join(jobs)} …", end=" ")
            run_meltano(sandbox, jobs, owned_records="suspects" if is_last else "none")
            seconds, requests = monotonic() - began, len(sandbox.requests) - asked
            console.print(f"done in {seconds:.0f} s, with {requests} requests to the account.")
            if run == RUNS - 2:
                review(console, sandbox)
    console.print("The account is closed again; what follows comes from the warehouse.\n")


def write_roster(sandbox: Sandbox) -> None:
    """Export the roster as HR would. The checksum comes after the last row, so the file is whole."""
    content = roster_of(sandbox.okta.tenant).csv().encode()
    ROSTER.write_bytes(content)
    CHECKSUM.write_text(f"{sha256(content).hexdigest()}  {ROSTER.name}\n")


def review(console: Console, sandbox: Sandbox) -> None:
    said = hold(ROOT / ".venv/bin/freshsales-review", WAREHOUSE, DECISIONS, sandbox)
    console.print(f"freshsales-review decide {DECISIONS.relative_to(ROOT)}: {cell(said)}", soft_wrap=True)
    console.print("The campaign is closed, and some of what was decided is carried out.")


def run_meltano(sandbox: Sandbox, jobs: list[str], *, owned_records: str) -> None:
    environment = {
        **os.environ,
        "TAP_FRESHSALES_USERS_OWNED_RECORDS": owned_records,
        **{f"TAP_FRESHSALES_USERS_{name.upper()}": value for name, value in sandbox.config.items()},
        **{f"FRESHSALES_IDP_{name.upper()}": value for name, value in sandbox.okta_config.items()},
        "FRESHSALES_IDP_WAREHOUSE": str(OKTA),
        "FRESHSALES_ROSTER_FILE": str(ROSTER),
        "FRESHSALES_IDP": json.dumps(SOURCES),
        "FRESHSALES_IDP_SERVICE_ACCOUNTS": SERVICE_LOGIN,
        "TARGET_DUCKDB_FILEPATH": str(LANDING),
        "FRESHSALES_REVIEW_WAREHOUSE": str(WAREHOUSE),
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_DATABASE_URI": f"sqlite:///{STATE}",
        "MELTANO_CLI_LOG_FORMAT": "uncolored",
        "DBT_USE_COLORS": "false",
    }
    with LOG.open("a") as log:
        finished = subprocess.run(  # noqa: S603 - our own command
            [str(ROOT / ".venv-meltano/bin/meltano"), "run", *jobs],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        last_lines = LOG.read_text("utf-8", "replace").splitlines()[-LOG_LINES_SHOWN:]
        sys.stderr.write("".join(f"{printable(line)}\n" for line in last_lines))
        log_name = LOG.relative_to(ROOT)
        raise DemoFailedError(
            f"Meltano ended with exit code {finished.returncode}; its log is in {log_name}."
        )


def show(console: Console) -> None:
    with opened(LANDING) as landing:
        print_loaded(console, landing)
    sys.stdout.flush()
    verify()
    with opened(WAREHOUSE) as warehouse:
        print_answers(console, warehouse)
    print_outcomes(console, WAREHOUSE)
    console.print(f"Raw tables {LANDING.relative_to(ROOT)} (written by the loader alone: open it read-only)")
    console.print(f"Warehouse  {WAREHOUSE.relative_to(ROOT)} (any DuckDB from 1.4 on, below 2, opens it)")
    console.print(f"Log        {LOG.relative_to(ROOT)}")
    console.print("Report     output/access-review.html")


def verify() -> None:
    """Show the table that the pipeline has only logged."""
    command = [str(ROOT / ".venv/bin/freshsales-review"), "verify", "--landing", str(LANDING)]
    environment = os.environ if sys.stdout.isatty() else os.environ | {"COLUMNS": WIDTH}
    if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603 - our own command
        raise DemoFailedError("The warehouse does not hold what the tap read: the lines above say where.")


if __name__ == "__main__":
    sys.exit(main())
