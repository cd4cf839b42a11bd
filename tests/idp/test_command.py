"""`freshsales-idp okta`, as a process: what it tells, and what it leaves where it cannot end."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from freshsales_idp.errors import IdpError
from freshsales_idp.loading import load
from freshsales_idp.settings import PREFIX, Settings
from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.api import API_TOKEN
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP
from tests.idp.conftest import settings_of
from tests.idp.killing import kill_as_it_reads, start

GOOD = {
    "ACCOUNT": "acme.myfreshworks.com",
    "OKTA_URL": "https://acme.okta.com",
    "OKTA_TOKEN": API_TOKEN,
    "OKTA_APP_IDS": FRESHWORKS_APP,
}
RECEIPTS = """
select object, app_id, is_complete, rows from freshsales_okta.load_receipts order by load_id, object, app_id
"""


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_list_that_cannot_be_read_has_a_receipt_that_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "okta.duckdb"
    with start(sandbox, str(path), okta_app_ids=f"0oaNobody, {FRESHWORKS_APP}") as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    # On a busy machine, the command may also say that it is at work.
    [told] = [line for line in errors.splitlines() if " is at work: " not in line]
    assert told == (
        "app_users of app 0oaNobody: 0 rows, NOT complete. Okta has no app 0oaNobody: "
        "correct FRESHSALES_IDP_OKTA_APP_IDS."
    )
    assert f"app_users of app {FRESHWORKS_APP}" in output
    assigned = len(sandbox.okta.tenant.assigned(FRESHWORKS_APP))
    assert [row[:3] for row in query(path, RECEIPTS)] == [
        ("app_users", FRESHWORKS_APP, True),
        ("app_users", "0oaNobody", False),
        ("log_events", None, True),
        ("users", None, True),
    ]
    assert query(path, "select count(*) from freshsales_okta.app_users") == [(assigned,)]


def test_a_load_that_is_killed_half_way_leaves_no_receipt(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "okta.duckdb"
    load(settings_of(sandbox, str(path)))
    before = query(path, RECEIPTS)
    sandbox.play(20)
    kill_as_it_reads(sandbox, str(path))
    assert query(path, RECEIPTS) == before
    load(settings_of(sandbox, str(path)))
    after = query(path, RECEIPTS)
    # The load after it is not disturbed by what was left, and its rows are the tenant's.
    assert [row[2] for row in after] == [True] * 6
    assert query(path, "select count(*) from freshsales_okta.users") == [(len(sandbox.okta.tenant.users),)]


def test_a_file_that_another_process_holds_is_said_in_a_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "okta.duckdb"
    with duckdb.connect(str(path)), start(sandbox, str(path)) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.splitlines()[-1] == (
        "freshsales-idp: The DuckDB file is held open by another process: wait until that has ended, and run "
        "again."
    )
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("warehouse", "told"),
    [
        ("postgresql://me:s3cr3t@127.0.0.1:1/x", "(OperationalError in step sync)"),
        ("postgresql://me:s3cr3t@127.0.0.1:port/x", "The warehouse URL, or PGPORT, cannot be read"),
        ("{folder}/a file/okta.duckdb", "a file cannot be made: "),
        ("{folder}/a file", "(IOException in step sync)"),
    ],
)
def test_a_warehouse_that_cannot_be_had_is_told_without_its_password(
    sandbox: Sandbox, tmp_path: Path, warehouse: str, told: str
) -> None:
    (tmp_path / "a file").write_text("no database")
    with pytest.raises(IdpError) as raised:
        load(settings_of(sandbox, warehouse.format(folder=tmp_path)))
    assert told in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in GOOD),
        ("ACCOUNT", "acme"),
        ("ACCOUNT", "https://acme.myfreshworks.com"),
        ("OKTA_URL", "acme.okta.com"),
        ("OKTA_URL", "http://acme.okta.com"),
        ("OKTA_URL", "https://me:secret@acme.okta.com"),
        ("OKTA_URL", "https://acme.okta.com/api/v1"),
        ("OKTA_URL", "https://acme.okta.com:port"),
        ("OKTA_URL", "ftp://127.0.0.1"),
        ("OKTA_TOKEN", "a token"),
        ("OKTA_TOKEN", "token\u00e9"),
        ("OKTA_APP_IDS", ", ,"),
        ("OKTA_APP_IDS", '0oa1" or "'),
        ("SOURCE", "Okta EU"),
        ("SCHEMA", "drop table"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy_and_not_quoted(name: str, value: str) -> None:
    environment = {PREFIX + key: text for key, text in (GOOD | {name: value}).items()}
    with pytest.raises(IdpError) as raised:
        Settings.of(environment)
    assert f"Set {PREFIX}{name} to " in str(raised.value)
    assert not value or value not in str(raised.value).split("Set ")[0]


@pytest.mark.parametrize(
    "url", ["https://acme.okta.com/", "http://127.0.0.1:80", "http://localhost", "http://[::1]:8"]
)
def test_https_is_taken_and_http_on_loopback_alone(url: str) -> None:
    settings = Settings.of({PREFIX + key: text for key, text in (GOOD | {"OKTA_URL": url}).items()})
    assert settings.is_on_loopback == url.startswith("http:")
    assert API_TOKEN not in repr(settings)
