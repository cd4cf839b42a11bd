import hashlib
import multiprocessing
import re
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
import pytest
from click.testing import CliRunner, Result

from freshsales_review.cli import main
from tap_freshsales_users.reading.receipt import MemberPopulation
from tools.warehouses import Filled

ACCOUNT = "acme.myfreshworks.com"
FIRST_RUN = "20261101T060000.000000Z-000001"
LATEST_RUN = "20261102T060000.000000Z-000002"
RECEIPTS = """create table freshsales.sync_receipts (
    account varchar, sync_id varchar, stream varchar, is_complete boolean, incomplete_reason varchar,
    records bigint, population_sha256 varchar, finished_at timestamp)"""


def run(location: str, *options: str) -> Result:
    return CliRunner(env={"COLUMNS": "300"}).invoke(main, ["verify", "--landing", location, *options])


def receipt(
    stream: str,
    keys: list[str],
    *,
    account: str = ACCOUNT,
    sync_id: str = LATEST_RUN,
    reason: str | None = None,
    records: int | None = None,
    age: timedelta = timedelta(minutes=1),
) -> str:
    sha256 = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    complete, reason_sql = ("false", f"'{reason}'") if reason else ("true", "null")
    count = len(keys) if records is None else records
    finished_at = datetime.now(UTC).replace(tzinfo=None) - age
    return (
        f"insert into freshsales.sync_receipts values "
        f"('{account}', '{sync_id}', '{stream}', {complete}, {reason_sql}, {count}, '{sha256}', "
        f"'{finished_at}')"
    )


def row(table: str, *key: str, account: str = ACCOUNT, sync_id: str = LATEST_RUN) -> str:
    values = ", ".join(f"'{part}'" for part in (account, sync_id, *key))
    return f"insert into freshsales.{table} values ({values})"


@pytest.fixture
def loaded(warehouse: Filled) -> Filled:
    """Three owners, two memberships, an account without territories; one owner left since the first run."""
    wide_integer = "hugeint" if warehouse.location.endswith(".duckdb") else "numeric"
    warehouse.execute(
        "create schema freshsales",
        RECEIPTS,
        f"create table freshsales.owners (account varchar, sync_id varchar, id {wide_integer})",
        """create table freshsales.scim_group_members (
            account varchar, sync_id varchar, group_id varchar, member_id varchar)""",
        receipt("owners", ["9", "10", "70000000000000001", "8"], sync_id=FIRST_RUN),
        row("owners", "8", sync_id=FIRST_RUN),
        receipt("owners", ["9", "10", "70000000000000001"]),
        *(row("owners", key) for key in ("9", "10", "70000000000000001")),
        receipt("scim_group_members", ["g-1\tu-1", "g-1\tü-2"]),
        row("scim_group_members", "g-1", "u-1"),
        row("scim_group_members", "g-1", "ü-2"),
        receipt("territories", [], reason="absent"),
    )
    return warehouse


def test_a_warehouse_that_holds_what_was_read_passes(loaded: Filled) -> None:
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    assert "All 3 streams hold exactly the rows that were sent." in result.output


def test_an_incomplete_stream_is_shown_with_its_reason_and_is_accepted(
    loaded: Filled,
) -> None:
    loaded.execute(receipt("scim_users", [], reason="failed: 503 [/Users]"))
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    assert "no: absent" in result.output
    assert "no: failed: 503 [/Users]" in result.output


WITH_SENT = (
    "alter table freshsales.sync_receipts add column records_sent bigint",
    "alter table freshsales.sync_receipts add column sent_population_sha256 varchar",
)


def sent(*keys: str) -> str:
    sha256 = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    return (
        f"update freshsales.sync_receipts set records_sent = {len(keys)}, "
        f"sent_population_sha256 = '{sha256}' where stream = 'owners' and sync_id = '{LATEST_RUN}'"
    )


def test_the_rows_are_held_against_what_was_sent(loaded: Filled) -> None:
    loaded.execute(*WITH_SENT, "delete from freshsales.owners where id = 9", sent("10", "70000000000000001"))
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    loaded.execute("delete from freshsales.owners where id = 10")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "1 rows are missing" in result.output


def test_a_receipt_that_tells_of_no_sending_is_held_against_its_read(loaded: Filled) -> None:
    loaded.execute(*WITH_SENT)
    assert run(loaded.location).exit_code == 0
    loaded.execute("delete from freshsales.owners where id = 9")
    assert run(loaded.location).exit_code == 1


def test_a_key_that_was_not_sent_leaves_the_count_alone_to_compare(loaded: Filled) -> None:
    loaded.execute(*WITH_SENT, "update freshsales.sync_receipts set records_sent = records")
    loaded.execute("update freshsales.owners set id = 11 where id = 9")
    assert run(loaded.location).exit_code == 0


def test_a_table_under_another_name_is_missed_by_nobody(loaded: Filled) -> None:
    loaded.execute(*WITH_SENT, "drop table freshsales.owners", sent())
    assert run(loaded.location).exit_code == 0


def held_back(result: Result) -> list[str]:
    return re.findall(r"^(\w+) of \S+ is held back", result.output, re.MULTILINE)


def shrunk(before: int, left: int, *, deletes: bool = False) -> list[str]:
    """Statements for a list of SCIM users that shrinks from one run to the next."""
    names = [f"u{number}" for number in range(before)]
    return [
        "create table freshsales.scim_users (account varchar, sync_id varchar, id varchar)",
        receipt("scim_users", names, sync_id=FIRST_RUN),
        *([] if deletes else [row("scim_users", name, sync_id=FIRST_RUN) for name in names[left:]]),
        receipt("scim_users", names[:left]),
        *(row("scim_users", name) for name in names[:left]),
    ]


@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize(
    ("before", "left", "is_held"), [(10, 0, True), (10, 5, True), (5, 1, False), (20, 14, False)]
)
def test_a_read_that_misses_many_is_told_and_does_not_fail(
    loaded: Filled, before: int, left: int, is_held: bool, deletes: bool
) -> None:
    loaded.execute(*shrunk(before, left, deletes=deletes))
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    assert held_back(result) == (["scim_users"] if is_held else [])


def test_a_list_of_others_altogether_is_held_back(loaded: Filled) -> None:
    others = [f"v{number}" for number in range(10)]
    loaded.execute(*shrunk(10, 0), "delete from freshsales.sync_receipts where records = 0 and is_complete")
    loaded.execute(receipt("scim_users", others), *(row("scim_users", name) for name in others))
    result = run(loaded.location)
    assert held_back(result) == ["scim_users"]
    assert "10 rows that were there before are missing; the complete read before had 10" in result.output


def test_a_second_read_that_agrees_is_not_held_back(loaded: Filled) -> None:
    loaded.execute(*shrunk(10, 0), receipt("scim_users", [], sync_id="20261103T060000.000000Z-000003"))
    assert held_back(run(loaded.location)) == []


def test_what_is_held_back_can_be_set_and_confirmed(loaded: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.execute(*shrunk(10, 2))
    for name, value in (
        ("HELD_BACK_SHARE", "0.9"),
        ("HELD_BACK_LEAST", "9"),
        ("CONFIRMED_SYNC_IDS", f"{FIRST_RUN},{LATEST_RUN}"),
    ):
        with monkeypatch.context() as set_once:
            set_once.setenv(f"FRESHSALES_{name}", value)
            assert held_back(run(loaded.location)) == []
    assert held_back(run(loaded.location)) == ["scim_users"]


@pytest.mark.parametrize("name", ["FRESHSALES_HELD_BACK_SHARE", "FRESHSALES_HELD_BACK_LEAST"])
def test_a_threshold_that_is_no_number_is_told_in_a_sentence(
    loaded: Filled, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "many")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert f"{name} must be a number" in result.output


def test_a_row_that_the_loader_dropped_is_a_difference(loaded: Filled) -> None:
    loaded.execute("delete from freshsales.owners where id = 9")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "1 rows are missing" in result.output
    assert "1 of 3 streams differ" in result.output


def test_a_row_that_the_loader_repeated_is_a_difference(loaded: Filled) -> None:
    loaded.execute(row("owners", "9"))
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "1 rows too many; 1 rows are there more than once" in result.output


def test_a_lost_row_and_a_repeated_one_differ_though_the_count_is_right(loaded: Filled) -> None:
    loaded.execute("delete from freshsales.owners where id = 9", row("owners", "10"))
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "1 rows are there more than once; the keys are not those that were sent" in result.output


@pytest.mark.parametrize("between", ["\n", "\t", "\r", "\\n"], ids=repr)
def test_a_key_that_holds_a_separator_is_no_difference(between: str, loaded: Filled) -> None:
    odd = [("g-1", f"u{between}1"), (f"g{between}2", "u"), (f"g{between}2", f"u{between}1")]
    plain = [("g-1", "u-1"), ("g-1", "ü-2")]
    population = MemberPopulation()
    for group in {group for group, _ in plain + odd}:
        population.add(group, [member for of_group, member in plain + odd if of_group == group])
    loaded.execute(
        *(row("scim_group_members", *key) for key in odd),
        "delete from freshsales.sync_receipts where stream = 'scim_group_members'",
        receipt("scim_group_members", ["\t".join(key) for key in plain + odd]),
    )
    [(sha256,)] = loaded.fetch(
        "select population_sha256 from freshsales.sync_receipts where stream = 'scim_group_members'"
    )
    assert sha256 == population.sha256(), "the tap's own way to it"
    result = run(loaded.location)
    assert result.exit_code == 0, result.output


def test_a_changed_key_is_a_difference_though_the_count_is_right(loaded: Filled) -> None:
    loaded.execute("update freshsales.scim_group_members set member_id = 'U-1' where member_id = 'u-1'")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "the keys are not those that were sent" in result.output


def test_a_missing_table_is_a_difference_where_rows_were_read(loaded: Filled) -> None:
    loaded.execute("drop table freshsales.owners")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "the table is missing" in result.output


def test_rows_of_a_later_run_that_left_no_receipt_are_a_difference(loaded: Filled) -> None:
    loaded.execute("update freshsales.owners set sync_id = '20261103T060000.000000Z-000003' where id = 9")
    result = run(loaded.location)
    assert result.exit_code == 1
    assert "1 rows are of a later run that left no receipt" in result.output


def test_receipts_that_a_loader_appended_twice_count_once(loaded: Filled) -> None:
    loaded.execute("insert into freshsales.sync_receipts select * from freshsales.sync_receipts")
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    assert "All 3 streams" in result.output


def test_each_account_is_held_against_its_own_latest_run(loaded: Filled) -> None:
    loaded.execute(
        receipt("owners", ["9"], account="beta.myfreshworks.com", sync_id=FIRST_RUN),
        row("owners", "9", account="beta.myfreshworks.com", sync_id=FIRST_RUN),
    )
    result = run(loaded.location)
    assert result.exit_code == 0, result.output
    assert f"beta.myfreshworks.com, run {FIRST_RUN}" in result.output
    assert f"{ACCOUNT}, run {LATEST_RUN}" in result.output


HOUR = timedelta(hours=1)


def aged(warehouse: Filled, age: timedelta) -> None:
    """Have every run end so long ago."""
    finished_at = datetime.now(UTC).replace(tzinfo=None) - age
    warehouse.execute(f"update freshsales.sync_receipts set finished_at = '{finished_at}'")


@pytest.mark.parametrize(
    ("age", "options", "passes"),
    [
        (0.9 * HOUR, [], True),
        (1.1 * HOUR, [], False),
        (1.1 * HOUR, ["--max-age-minutes", "120"], True),
        (2.1 * HOUR, ["--max-age-minutes", "120"], False),
        (1.1 * HOUR, ["--sync-id", LATEST_RUN], True),
        (0.1 * HOUR, ["--sync-id", LATEST_RUN], True),
        (0.1 * HOUR, ["--sync-id", FIRST_RUN], False),
        (0.1 * HOUR, ["--sync-id", "20261103T060000.000000Z-000003"], False),
    ],
)
def test_verify_is_of_the_run_that_it_follows(
    age: timedelta, options: list[str], passes: bool, loaded: Filled
) -> None:
    aged(loaded, age)
    result = run(loaded.location, *options)
    assert result.exit_code == (0 if passes else 1), result.output
    assert ("the load went elsewhere, or did not finish" in result.output) != passes


def test_one_account_that_was_just_loaded_is_enough(loaded: Filled) -> None:
    aged(loaded, 30 * HOUR)
    other = "beta.myfreshworks.com"
    loaded.execute(receipt("owners", ["9"], account=other), row("owners", "9", account=other))
    assert run(loaded.location).exit_code == 0


@pytest.mark.parametrize("options", [[], ["--sync-id", LATEST_RUN], ["--max-age-minutes", "9999"]])
def test_a_run_from_the_future_is_named_with_what_to_do(options: list[str], loaded: Filled) -> None:
    aged(loaded, -0.2 * HOUR)
    result = run(loaded.location, *options)
    assert result.exit_code == 1
    assert f"Run {LATEST_RUN} of {ACCOUNT} is a run from the future" in result.output
    assert f"freshsales-review forget {LATEST_RUN}" in result.output


def test_clocks_that_differ_by_minutes_are_no_fault(loaded: Filled) -> None:
    aged(loaded, -0.05 * HOUR)
    assert run(loaded.location).exit_code == 0


def test_a_database_in_sql_ascii_is_read_as_utf_8(postgresql: str) -> None:
    name = f"ascii_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(
            f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0".encode()
        )
    url = postgresql.replace("/postgres?", f"/{name}?")
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        connection.execute("create schema freshsales")
        connection.execute(RECEIPTS.encode())
        connection.execute("create table freshsales.scim_users (account text, sync_id text, id text)")
        connection.execute(receipt("scim_users", ["ü-2"]).encode())
        connection.execute(row("scim_users", "ü-2").encode())
    result = run(url)
    assert result.exit_code == 0, result.output
    assert ACCOUNT in result.output


def test_another_schema_is_read_where_it_is_named(warehouse: Filled) -> None:
    warehouse.execute('create schema "Raw ""one"""')
    result = run(warehouse.location, "--schema", 'Raw "one"')
    assert result.exit_code == 1
    assert 'no table Raw "one".sync_receipts' in result.output


def assert_one_sentence(result: Result, words: str) -> None:
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert len(result.output.strip().splitlines()) == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_warehouse_with_no_receipts_is_told_in_a_sentence(warehouse: Filled) -> None:
    assert_one_sentence(run(warehouse.location), "no table freshsales.sync_receipts")


def test_receipts_with_no_row_are_told_in_a_sentence(warehouse: Filled) -> None:
    warehouse.execute("create schema freshsales", RECEIPTS)
    assert_one_sentence(run(warehouse.location), "no run has finished yet")


def test_receipts_that_lack_a_column_are_told_in_a_sentence(warehouse: Filled) -> None:
    warehouse.execute("create schema freshsales", "create table freshsales.sync_receipts (account varchar)")
    assert_one_sentence(run(warehouse.location), "The warehouse refused a query")


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run(str(tmp_path / "none.duckdb")), "run the pipeline first")
    assert not (tmp_path / "none.duckdb").exists()


def test_a_file_that_is_no_warehouse_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 1000)
    assert_one_sentence(run(str(tmp_path / "notes.txt")), "cannot be opened as a DuckDB file")


def hold_open(path: str, opened: Event, done: Event) -> None:
    with duckdb.connect(path):
        opened.set()
        done.wait()


def test_a_file_that_another_process_writes_is_told_in_a_sentence(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    opened, done = spawn.Event(), spawn.Event()
    path = str(tmp_path / "warehouse.duckdb")
    writer = spawn.Process(target=hold_open, args=(path, opened, done))
    writer.start()
    try:
        assert opened.wait(timeout=60)
        assert_one_sentence(run(path), "held open by another process")
    finally:
        done.set()
        writer.join()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:s3cret@127.0.0.1:1/warehouse",
        "postgresql://reader:s3cret@127.0.0.1:not-a-port/warehouse",
        "postgresql://reader:s3cret@[::1/warehouse",
        "mysql://reader:s3cret@127.0.0.1/warehouse",
    ],
)
def test_an_unreachable_server_is_named_without_the_password(url: str) -> None:
    result = run(url)
    assert_one_sentence(result, "Error: ")
    assert "s3cret" not in result.output


def test_the_environment_names_the_landing_file(tmp_path: Path) -> None:
    path = str(tmp_path / "elsewhere.duckdb")
    result = CliRunner(env={"TARGET_DUCKDB_FILEPATH": path}).invoke(main, ["verify"])
    assert_one_sentence(result, path)
