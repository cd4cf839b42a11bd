"""Starts the sandbox, runs the pipeline over it, and prints what is in the warehouse."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

from rich.console import Console

from demo.summary import print_summary
from demo.warehouse import foreign_accounts, opened
from freshsales_sandbox.app import Sandbox

ROOT = Path(__file__).parent.parent
WAREHOUSE = ROOT / "output" / "warehouse.duckdb"
LOG = ROOT / "output" / "demo.log"
PEOPLE = 250
SEED = 7
LOG_LINES_SHOWN = 30


class DemoFailedError(Exception):
    """One sentence on what went wrong and what to do."""


def main() -> int:
    console = Console(highlight=False)
    # Being told to end is no reason to leave anything running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        play(console)
    except DemoFailedError as error:
        console.print(f"[bold red]The demo failed.[/] {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted; the sandbox is stopped.")
        return 130
    return 0


def play(console: Console) -> None:
    start_over()
    began = monotonic()
    with Sandbox(people=PEOPLE, seed=SEED) as sandbox:
        address = sandbox.config["rest_api_url"].removesuffix("/crm/sales/api")
        console.print(f"An invented Freshsales account of {PEOPLE} people answers at {address}.")
        console.print("meltano run tap-freshsales-users target-duckdb freshsales-review:verify")
        run_meltano(sandbox, "tap-freshsales-users", "target-duckdb", "freshsales-review:verify")
        console.print(f"Done in {monotonic() - began:.1f} s, with {len(sandbox.requests)} requests.\n")
    with opened(WAREHOUSE) as warehouse:
        print_summary(console, warehouse)
    run_verification()
    console.print(f"\nThe warehouse is {WAREHOUSE.relative_to(ROOT)}: any DuckDB from 1.4 on opens it.")
    console.print(f"What Meltano logged is in {LOG.relative_to(ROOT)}. The sandbox is stopped.")


def start_over() -> None:
    """Remove what an earlier demo left; a warehouse that holds anything else is not touched."""
    WAREHOUSE.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    if WAREHOUSE.exists():
        with opened(WAREHOUSE) as warehouse:
            foreign = foreign_accounts(warehouse)
        if foreign:
            place = WAREHOUSE.relative_to(ROOT)
            raise DemoFailedError(
                f"{place} holds {', '.join(foreign)}, which must not be mixed with invented people: "
                "move the file away, and start the demo again."
            )
        WAREHOUSE.unlink()


def run_meltano(sandbox: Sandbox, *tasks: str) -> None:
    settings = {f"TAP_FRESHSALES_USERS_{name.upper()}": value for name, value in sandbox.config.items()}
    environment = (
        os.environ
        | settings
        | {
            "TARGET_DUCKDB_FILEPATH": str(WAREHOUSE),
            "MELTANO_CLI_LOG_FORMAT": "uncolored",
            "MELTANO_PROJECT_ROOT": str(ROOT),
        }
    )
    with LOG.open("a") as log:
        finished = subprocess.run(  # noqa: S603 - our own command
            [str(ROOT / ".venv-meltano/bin/meltano"), "run", *tasks],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        last_lines = LOG.read_text().splitlines()[-LOG_LINES_SHOWN:]
        sys.stderr.write("\n".join(last_lines) + "\n")
        raise DemoFailedError(
            f"Meltano ended with exit code {finished.returncode}; all of its log is in {LOG}."
        )


def run_verification() -> None:
    """Show the table that the pipeline itself has only logged."""
    command = [str(ROOT / ".venv/bin/freshsales-review"), "verify", "--warehouse", str(WAREHOUSE)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own command
        raise DemoFailedError("The warehouse does not hold what the tap read.")


if __name__ == "__main__":
    sys.exit(main())
