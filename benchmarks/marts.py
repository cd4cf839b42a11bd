"""Builds the identity marts of a large company in DuckDB, read by read, and prints what each build took.

    .venv/bin/python -m benchmarks.marts

100,000 SCIM users, 80,000 of them CRM owners, 200 groups with 300,000 memberships, 10 complete reads.
Between two reads, of a hundred people one leaves, one joins, and one changes department and groups.
"""

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
DBT = Path(os.environ.get("FRESHSALES_DBT", ROOT / ".meltano/utilities/freshsales-review/venv/bin/dbt"))
MARTS = (
    "identities",
    "identity_entitlements",
    "access_review",
    "identity_changes",
    "directory_daily",
    "data_quality",
)
ACCOUNT = "acme.myfreshworks.com"
GROUPS = 200
MEMBERSHIPS_EACH = 3

# People are numbers. Those from `first` to `last` are there, and each read increases both.
STREAMS = {
    "owners": """
        select '{account}' as account, 70000000000 + n as id, 'Person ' || n as display_name,
            'person' || n || '@acme.example' as email, n % 9 as role_id, n % 12 as territory_id,
            true as is_active, '{sync_id}' as sync_id
        from range({first}, {last}) as people(n) where n % 5 <> 4""",
    "roles": """
        select '{account}' as account, n as id,
            case n when 0 then 'Administrator' else 'Role ' || n end as name, '{sync_id}' as sync_id
        from range(9) as roles(n)""",
    "territories": """
        select '{account}' as account, n as id, 'Territory ' || n as name, '{sync_id}' as sync_id
        from range(12) as territories(n)""",
    "scim_users": """
        select '{account}' as account, 'user-' || n as id, 'Person' || n || '@acme.example' as user_name,
            'Person ' || n as display_name, (n + {read}) % 50 <> 0 as active,
            'Person' || n || '@acme.example' as primary_email,
            ('[{{"value": "Person' || n || '@acme.example", "primary": true}}]')::json as emails,
            'Department ' || case when n % 100 = {read} then {read} else n % 40 end as department,
            'user-' || (n - n % 10) as manager_id, '{sync_id}' as sync_id
        from range({first}, {last}) as people(n)""",
    "scim_groups": """
        select '{account}' as account, 'group-' || n as id, 'Group ' || n as display_name,
            '{sync_id}' as sync_id
        from range({groups}) as groups(n)""",
    "scim_group_members": """
        select distinct '{account}' as account, 'group-' || (n * 7 + k * 31
            + case when n % 100 = {read} then {read} else 0 end) % {groups} as group_id,
            'user-' || n as member_id, 'User' as member_type, '{sync_id}' as sync_id
        from range({first}, {last}) as people(n), range({each}) as memberships(k)
        union all
        select '{account}', 'group-' || n, 'group-' || case when n % 3 = 2 then n - 2 else n + 1 end,
            'Group', '{sync_id}'
        from range(30) as groups(n)""",
}
KEYS = {"scim_group_members": "group_id || chr(9) || member_id"}


def create_receipts(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists freshsales")
    connection.execute(
        "create table if not exists freshsales.sync_receipts (sync_id varchar, account varchar, "
        "stream varchar, is_complete boolean, records bigint, population_sha256 varchar, "
        "started_at timestamp, finished_at timestamp)"
    )


def load(connection: duckdb.DuckDBPyConnection, read: int, people: int) -> None:
    """Upsert a complete read, as the loader does, and write its receipts."""
    leavers = people // 100
    sync_id = f"202611{read:02}T060000.000000Z-{read:06x}"
    for stream, select in STREAMS.items():
        rows = select.format(
            account=ACCOUNT,
            sync_id=sync_id,
            read=read,
            groups=GROUPS,
            each=MEMBERSHIPS_EACH,
            first=(read - 1) * leavers,
            last=people + (read - 1) * leavers,
        )
        key = KEYS.get(stream, "id")
        connection.execute(f"create table if not exists freshsales.{stream} as {rows} limit 0")
        connection.execute(f"create or replace temp table incoming as {rows}")
        connection.execute(
            f"delete from freshsales.{stream} where account || chr(9) || {key} in "
            f"(select account || chr(9) || {key} from incoming)"
        )
        connection.execute(f"insert into freshsales.{stream} select * from incoming")
        connection.execute(
            f"""insert into freshsales.sync_receipts
            select '{sync_id}', '{ACCOUNT}', '{stream}', true, count(*),
                sha256(string_agg({key}::varchar, chr(10) order by encode({key}::varchar))),
                timestamp '2026-11-{read:02} 06:00:00', timestamp '2026-11-{read:02} 06:05:00'
            from incoming"""
        )


def dbt_build(target: str) -> list[str]:
    project = ROOT / "transform"
    folders = ["--project-dir", str(project), "--profiles-dir", str(project / "profiles")]
    return [str(DBT), "build", "--exclude-resource-type", "unit_test", "--target", target, *folders]


def build(landing: Path, warehouse: Path, work: Path) -> tuple[float, float, float]:
    """The seconds that `dbt build` took, its CPU seconds, and its peak of memory in MiB."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    own = {
        "TARGET_DUCKDB_FILEPATH": str(landing),
        "FRESHSALES_REVIEW_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
    }
    finished = subprocess.run(
        dbt_build("duckdb"), env=os.environ | own, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise SystemExit(finished.stdout[-4000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, processor, after.ru_maxrss / 1024


def counts(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for mart in MARTS:
            [(number,)] = connection.execute(f"select count(*) from freshsales_identity.{mart}").fetchall()
            yield f"{mart} {number:,}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        landing, warehouse = work / "landing.duckdb", work / "warehouse.duckdb"
        for read in range(1, options.reads + 1):
            with duckdb.connect(str(landing)) as connection:
                create_receipts(connection)
                load(connection, read, options.people)
            seconds, processor, mebibytes = build(landing, warehouse, work)
            print(
                f"build after read {read:2}: {seconds:6.1f} s, {processor:5.1f} s of a processor, "
                f"peak {mebibytes:,.0f} MiB",
                flush=True,
            )
        print("; ".join(counts(warehouse)))


if __name__ == "__main__":
    main()
