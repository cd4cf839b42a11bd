"""Measures each stage of a fleet of many accounts.

    .venv/bin/python -m benchmarks.fleet [--accounts 1000] [--airflow]
    .venv/bin/python -m benchmarks.fleet --reads 300 [--minutes 6]

The first command puts data straight into PostgreSQL, and measures all but the reads. The accounts are those
of benchmarks.accounts: 40 people each. The plugins of Meltano must be installed (`make install`). `--airflow`
runs the whole DAG as well, over accounts without a credential: every read ends at once, and Airflow itself is
left. It needs the environment of `make fleet`.

The second command reads this many played accounts of 40 people as the task `read` does, four at once, without
Airflow: the tap, in a pipe the loader for PostgreSQL, then the rows against the receipts. After this many
minutes, no further read begins. It needs the environment of `make fleet`, too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace

import psycopg
import yaml  # type: ignore[import-untyped]
from psycopg.conninfo import conninfo_to_dict

from benchmarks.accounts import PEOPLE, Row, create, load, name_of
from fleet.airflow import BIN, ROOT, migrate, programs, settings
from fleet.played import warehouse_connection
from freshsales_fleet.inventory import Account
from freshsales_fleet.places import Places
from freshsales_fleet.read import create_tables, read_into_warehouse
from freshsales_fleet.verdict import checks_of, judge
from freshsales_fleet.warehouse import Warehouse, last_run, postgresql_warehouse
from freshsales_sandbox.app import Sandbox
from tools.postgresql import served

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
LONGEST_SECONDS = 3000
AT_ONCE = 4
TICKS = os.sysconf("SC_CLK_TCK")
DAG = ROOT / "fleet" / "dags" / "freshsales_fleet.py"
DAG_TEST = ROOT / "tests" / "fleet" / "airflow" / "dag_test.py"


class Stages:
    """Runs a stage, and measures the CPU time of its programs and, separately, that of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        [(backend,)] = self._connection.execute("select pg_backend_pid()").fetchall()
        self._server = Path(f"/proc/{self._fields(backend)[1]}/stat")

    @staticmethod
    def _fields(process: int) -> list[str]:
        """The fields of /proc/PID/stat after the name of the program."""
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()

    def _of_server(self) -> float:
        """CPU seconds of the server and of those of its processes that have ended."""
        fields = self._server.read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def measure(self, stage: str, run: Callable[[], object]) -> None:
        of_server, began = self._of_server(), time.perf_counter()
        before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        run()
        after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(
            new.ru_utime + new.ru_stime - old.ru_utime - old.ru_stime
            for old, new in zip(before, after, strict=True)
        )
        print(
            f"| {stage} | {cpu:.1f} s | {self._of_server() - of_server:.1f} s "
            f"| {time.perf_counter() - began:.0f} s |",
            flush=True,
        )

    def megabytes(self) -> float:
        [(found,)] = self._connection.execute("select pg_database_size(current_database())").fetchall()
        return int(found) / 1e6


def environment_of(url: str, output: Path) -> dict[str, str]:
    parts = conninfo_to_dict(url)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "DATABASE": "dbname"}
    return os.environ | {
        **{f"TARGET_POSTGRES_{variable}": str(parts[name]) for variable, name in names.items()},
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "freshsales",
        "PGSSLMODE": "disable",
        "DBT_PROJECT_DIR": str(ROOT / "transform"),
        "DBT_PROFILES_DIR": str(ROOT / "transform/profiles"),
        "DBT_TARGET_PATH": str(output / "dbt"),
        "DBT_LOG_PATH": str(output / "dbt"),
    }


def output_of(command: list[str | Path], environment: dict[str, str]) -> str:
    """Standard output of a command. If it fails, the benchmark ends with the end of what it printed."""
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
    )
    if finished.returncode:
        raise SystemExit(finished.stdout[-4000:] + finished.stderr[-4000:])
    return finished.stdout


def review(environment: dict[str, str], command: str, *arguments: str) -> Callable[[], None]:
    def run() -> None:
        program = programs()["FRESHSALES_FLEET_REVIEW"]
        output_of([program, command, "--loader", "target-postgres", *arguments], environment)

    return run


def inventory(path: Path, accounts: int) -> Path:
    path.write_text(
        yaml.safe_dump({"accounts": [{"account": name_of(number)} for number in range(accounts)]})
    )
    return path


def parsed(accounts: int, output: Path, home: Path) -> Callable[[], None]:
    """Read the file of the DAG, as each task of Airflow does."""
    written = inventory(output / "parsed.yml", accounts)

    def run() -> None:
        subprocess.run(
            [BIN / "python", "-c", "import runpy, sys; runpy.run_path(sys.argv[1])", DAG],
            env=settings(home, FRESHSALES_FLEET_INVENTORY=str(written)),
            check=True,
            capture_output=True,
        )

    return run


def whole_dag(url: str, accounts: int, output: Path, home: Path) -> Callable[[], None]:
    environment = settings(
        home,
        **programs(),
        **warehouse_connection(url),
        FRESHSALES_FLEET_INVENTORY=str(inventory(output / "accounts.yml", accounts)),
        FRESHSALES_FLEET_OUTPUT=str(output),
    )

    def run() -> None:
        printed = output_of([BIN / "python", DAG_TEST, DAG], environment)
        tasks = json.loads(printed.splitlines()[-1])["tasks"]
        reads = [task for task in tasks if task["task"] == "read"]
        named = json.loads((output / "verdict.json").read_text())["faults"]
        print(f"{len(reads):,} reads were mapped, and the verdict names {len(named):,} accounts.")

    return run


def play(urls: Queue[dict[str, str]], ended: Event) -> None:
    """Serve companies in a process of its own, whose CPU time counts for nothing here."""
    with ExitStack() as servers:
        for seed in range(AT_ONCE):
            urls.put(servers.enter_context(Sandbox(people=PEOPLE, seed=seed, quota=None)).config)
        ended.wait()


def read_accounts(url: str, number: int, minutes: float) -> None:
    """Read accounts as the DAG does, each under a name of its own, and print what it cost."""
    parts = conninfo_to_dict(url)
    connection = SimpleNamespace(
        host=parts["host"],
        port=parts["port"],
        login=parts["user"],
        password=parts["password"],
        schema=parts["dbname"],
        extra_dejson={"sslmode": "disable"},
    )
    places = Places.of(programs() | {"FRESHSALES_FLEET_WAREHOUSE_CONNECTION": "warehouse"})
    warehouse, stages = postgresql_warehouse(connection), Stages(url)
    urls: Queue[dict[str, str]] = multiprocessing.Queue()
    ended = multiprocessing.Event()
    player = multiprocessing.Process(target=play, args=(urls, ended))
    player.start()
    try:
        companies = [urls.get() for _ in range(AT_ONCE)]
        create_tables(warehouse, places)
        began, until = datetime.now(UTC), time.monotonic() + 60 * minutes

        def read(place: int) -> Account | None:
            if time.monotonic() > until:
                return None
            company = companies[place % len(companies)]
            settings = {name: company[name] for name in ("rest_api_url", "scim_api_url")}
            account = Account(name_of(place), "", ("owners", "scim_users"), settings)
            secrets = {name: company[name] for name in ("api_key", "scim_token")}
            read_into_warehouse(account, secrets, last_run(warehouse, account.host), warehouse, places)
            if not judge([account], checks_of([account], began, warehouse)).is_green:
                raise SystemExit(f"{account.host} was not read.")
            return account

        done: list[Account] = []

        def read_all() -> None:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                done.extend(filter(None, pool.map(read, range(number))))

        print("| | CPU | CPU of PostgreSQL | duration |\n|---|---|---|---|")
        stages.measure(f"reads, of {number:,} or as many as the minutes allow", read_all)
        stages.measure("the verdict on them", lambda: judge(done, checks_of(done, began, warehouse)))
        verdict = judge(done, checks_of(done, began, warehouse))
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        print(f"\n{' '.join(verdict.sentences)}")
        print(f"warehouse {stages.megabytes():.0f} MB; the largest process of a read {largest:.0f} MB")
    finally:
        ended.set()
        player.join()


def measure_stages(url: str, accounts: int, output: Path, *, with_airflow: bool) -> None:
    stages, environment = Stages(url), environment_of(url, output)
    everybody = [Account(name_of(number), "") for number in range(accounts)]
    one, since = name_of(0), ("--since", SINCE.isoformat(), "--require-complete")
    build = review(environment, "dbt", "build", "--exclude-resource-type", "unit_test")
    print(f"{accounts:,} accounts\n\n| | CPU | CPU of PostgreSQL | duration |\n|---|---|---|---|")

    def loaded(read: int, of: int) -> None:
        connection: psycopg.Connection[Row]
        with psycopg.connect(url) as connection:
            if read == 1:
                create(connection)
            load(connection, read, of)
            connection.commit()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("analyze")

    loaded(1, accounts)
    stages.measure("`dbt build`, the first", build)
    first = stages.megabytes()
    loaded(2, accounts)
    stages.measure("`dbt build`, all were read again", build)
    second = stages.megabytes()
    loaded(3, 1)
    stages.measure("`dbt build`, one was read again", build)
    stages.measure("`verify`, all", review(environment, "verify", *since))
    stages.measure("`verify`, one account", review(environment, "verify", "--account", one, *since))
    stages.measure("`report --all`", review(environment, "report", "--all", str(output / "pages")))
    overview = ("fleet-report", "--output", str(output / "fleet.html"), "--pages", str(output / "pages"))
    stages.measure("`fleet-report`", review(environment, *overview))
    warehouse = Warehouse({}, url)
    stages.measure("the verdict", lambda: judge(everybody, checks_of(everybody, SINCE, warehouse)))
    if with_airflow:
        home = output / "airflow"
        home.mkdir()
        migrate(settings(home), home / "airflow.log")
        for number in (1, 1100, 5000):
            stages.measure(f"the DAG is parsed, {number:,} accounts", parsed(number, output, home))
        more = max(accounts, 1100)
        stages.measure(f"the DAG over {more:,} accounts", whole_dag(url, more, output, home))
    pages = sum(path.stat().st_size for path in (output / "pages").iterdir()) / 1e6
    print(f"\nwarehouse {first:.0f} MB after the first build, {second:.0f} MB after the second")
    print(f"pages {pages:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--airflow", action="store_true")
    parser.add_argument("--reads", type=int, metavar="ACCOUNTS")
    parser.add_argument("--minutes", type=float, default=6)
    options = parser.parse_args()
    with served() as server, tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("create database fleet")
        url = server.replace("/postgres?", "/fleet?")
        if options.reads:
            read_accounts(url, options.reads, options.minutes)
            return
        measure_stages(url, options.accounts, output, with_airflow=options.airflow)


if __name__ == "__main__":
    main()
