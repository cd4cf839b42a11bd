"""Builds the identity marts of many accounts in PostgreSQL, and prints how the time grows with their number.

    .venv/bin/python -m benchmarks.accounts [--accounts 100 300 1000]

Each account has 40 SCIM users, 32 of them CRM owners, 8 groups with 80 memberships, and 10 complete reads. A
build follows the fifth, the ninth and the tenth of them. Between two reads one person leaves and one joins.
"""

import argparse
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks.marts import ROOT, dbt_build
from tools.postgresql import served

PEOPLE, READS, BUILD_AFTER = 40, 10, (5, 9, 10)
GROUPS, MEMBERSHIPS_EACH = 8, 2
LONGEST_BUILD_SECONDS = 1800

TABLES = {
    "owners": "id bigint, display_name text, email text, role_id bigint, is_active boolean",
    "roles": "id bigint, name text",
    "scim_users": (
        "id text, user_name text, display_name text, active boolean, primary_email text, emails jsonb, "
        "department text, manager_id text"
    ),
    "scim_groups": "id text, display_name text",
    "scim_group_members": "group_id text, member_id text, member_type text",
}
KEYS = {"scim_group_members": ("group_id", "member_id")}
RECEIPTS = (
    "sync_id text, account text, stream text, is_complete boolean, incomplete_reason text, records bigint, "
    "population_sha256 text, started_at timestamp, finished_at timestamp"
)

Row = tuple[object, ...]


def people(read: int) -> range:
    return range(read, read + PEOPLE)


def rows(stream: str, read: int) -> Iterator[Row]:
    """The rows that a read brings for an account, without `account` and `sync_id`."""
    if stream == "roles":
        yield from ((n, f"Role {n}") for n in range(5))
    elif stream == "scim_groups":
        yield from ((f"g{n}", f"Group {n}") for n in range(GROUPS))
    for n in people(read):
        email = f"person{n}@acme.example"
        if stream == "owners" and n % 5 != 4:
            yield 70_000_000_000 + n, f"Person {n}", email, n % 5, True
        elif stream == "scim_users":
            emails = f'[{{"value": "{email}", "primary": true}}]'
            yield f"u{n}", email, f"Person {n}", True, email, emails, f"Department {n % 4}", f"u{n - n % 10}"
        elif stream == "scim_group_members":
            yield from ((f"g{(n + k * 3) % GROUPS}", f"u{n}", "User") for k in range(MEMBERSHIPS_EACH))


def population(stream: str, read: int) -> tuple[int, str]:
    width = len(KEYS.get(stream, ("id",)))
    keys = sorted("\t".join(map(str, row[:width])) for row in rows(stream, read))
    return len(keys), hashlib.sha256("\n".join(keys).encode()).hexdigest()


def create(connection: "psycopg.Connection[Row]") -> None:
    connection.execute("create schema freshsales")
    for stream, columns in TABLES.items():
        key = ", ".join(("account", *KEYS.get(stream, ("id",))))
        connection.execute(
            f"create table freshsales.{stream} (account text, {columns}, sync_id text, primary key ({key}))"
        )
    connection.execute(f"create table freshsales.sync_receipts ({RECEIPTS})")


def name_of(account: int) -> str:
    return f"a{account:05}.myfreshworks.com"


def load(connection: "psycopg.Connection[Row]", read: int, accounts: int) -> None:
    """Upsert a complete read of each account, as a loader does, and write its receipts."""
    sync_id = f"202611{read:02}T060000000000-{read:08x}"
    for stream, columns in TABLES.items():
        names = [column.split()[0] for column in columns.split(", ")]
        key = ", ".join(("account", *KEYS.get(stream, ("id",))))
        every = ", ".join(("account", *names, "sync_id"))
        changed = ", ".join(f"{name} = excluded.{name}" for name in (*names, "sync_id"))
        connection.execute("drop table if exists incoming")
        connection.execute(f"create temp table incoming (like freshsales.{stream})")
        brought = list(rows(stream, read))
        with connection.cursor().copy(f"copy incoming ({every}) from stdin") as copy:
            for account in range(accounts):
                for row in brought:
                    copy.write_row((name_of(account), *row, sync_id))
        connection.execute(
            f"insert into freshsales.{stream} ({every}) select {every} from incoming "
            f"on conflict ({key}) do update set {changed}"
        )
        records, sha256 = population(stream, read)
        moments = (f"2026-11-{read:02} 06:00:00", f"2026-11-{read:02} 06:05:00")
        with connection.cursor().copy("copy freshsales.sync_receipts from stdin") as copy:
            for account in range(accounts):
                copy.write_row((sync_id, name_of(account), stream, True, None, records, sha256, *moments))
    connection.commit()


def build(url: str, database: str, work: Path) -> float:
    """The seconds that `dbt build` took."""
    parts = urlsplit(url)
    own = {
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGUSER": "postgres",
        "PGPASSWORD": "unused",
        "PGDATABASE": database,
        "PGSSLMODE": "disable",
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
    }
    started = time.perf_counter()
    finished = subprocess.run(
        dbt_build("postgres"),
        env=os.environ | own,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_BUILD_SECONDS,
    )
    if finished.returncode:
        raise SystemExit(finished.stdout[-4000:])
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, nargs="+", default=[100, 300, 1000])
    counts = parser.parse_args().accounts
    last: dict[int, float] = {}
    with served() as url, tempfile.TemporaryDirectory() as folder:
        for accounts in counts:
            database = f"accounts_{accounts}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"create database {database}")
            with psycopg.connect(url.replace("/postgres?", f"/{database}?")) as connection:
                create(connection)
                for read in range(1, READS + 1):
                    load(connection, read, accounts)
                    if read in BUILD_AFTER:
                        last[accounts] = build(url, database, Path(folder))
                        print(
                            f"{accounts:5} accounts, build after read {read:2}: {last[accounts]:6.1f} s",
                            flush=True,
                        )
    for fewer, more in pairwise(counts):
        print(f"{more} accounts take {last[more] / last[fewer]:.2f} times as long as {fewer}")


if __name__ == "__main__":
    main()
