"""One account, read by the real tap from a played account into a spool file."""

import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from freshsales_fleet.inventory import Account
from freshsales_fleet.places import Places
from freshsales_fleet.read import ReadError, read_into_spool, secrets_of, tap_environment
from freshsales_fleet.warehouse import Warehouse, last_run
from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.errors import Cause

HOST = "acme.myfreshworks.com"
PLACES = Places.of({"FRESHSALES_FLEET_TAP": str(Path(sys.executable).with_name("tap-freshsales-users"))})


PSEUDONYM_KEY = "0123456789abcdef" * 2


def read(
    sandbox: Sandbox,
    spooled: Path,
    *required: str,
    last_run: dict[str, str] | None = None,
    key: str = "",
    pseudonym_key: str = "",
) -> None:
    urls = {name: sandbox.config[name] for name in ("rest_api_url", "scim_api_url")}
    secrets = {name: key or sandbox.config[name] for name in ("api_key", "scim_token")}
    if pseudonym_key:
        secrets["pseudonym_key"] = pseudonym_key
    read_into_spool(Account(HOST, "acme", required, urls), secrets, last_run, PLACES, spooled)


def failure(sandbox: Sandbox, spooled: Path, *required: str, key: str = "") -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(sandbox, spooled, *required, key=key)
    assert HOST in str(caught.value)
    return caught.value


def load_receipts(landing: Path, rows: list[dict[str, str]]) -> None:
    columns = [name for name in ("sync_id", "account", "pseudonym_key_fingerprint") if name in rows[0]]
    with duckdb.connect(landing) as connection:
        connection.execute("create schema freshsales")
        connection.execute(
            f"create table freshsales.sync_receipts ({', '.join(f'{name} varchar' for name in columns)})"
        )
        places = ", ".join("?" for _ in columns)
        connection.executemany(
            f"insert into freshsales.sync_receipts values ({places})",
            [[row[name] for name in columns] for row in rows],
        )


def receipts(spooled: Path) -> list[dict[str, str]]:
    messages = [json.loads(line) for line in spooled.read_text().splitlines()]
    return [
        message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == "sync_receipts"
    ]


def test_a_read_leaves_a_private_file_with_receipts(tmp_path: Path) -> None:
    spooled = tmp_path / "spool" / "one.jsonl"
    with Sandbox(people=5) as sandbox:
        read(sandbox, spooled, "owners", "scim_users")
    assert all(receipt["is_complete"] for receipt in receipts(spooled))
    assert stat.S_IMODE(spooled.stat().st_mode) == 0o600
    assert stat.S_IMODE(spooled.parent.stat().st_mode) == 0o700


def test_a_wrong_credential_ends_a_read_with_its_own_code(tmp_path: Path) -> None:
    with Sandbox(people=5) as sandbox:
        assert failure(sandbox, tmp_path / "one.jsonl", key="another-key").code == Cause.CREDENTIAL.exit_code


def test_a_read_without_quota_tells_when_there_is_quota_again(tmp_path: Path) -> None:
    with Sandbox(people=5, quota="2/h") as sandbox:
        error = failure(sandbox, tmp_path / "one.jsonl")
    assert error.code == Cause.LATER.exit_code
    assert error.retry_at is not None
    assert timedelta(minutes=55) < error.retry_at - datetime.now(UTC) <= timedelta(hours=1, seconds=1)


def test_what_was_read_is_kept_where_the_rest_was_not(tmp_path: Path) -> None:
    spooled = tmp_path / "one.jsonl"
    with Sandbox(people=5, faults="403@owners:1x*") as sandbox:
        failure(sandbox, spooled)
    whole = [receipt["stream"] for receipt in receipts(spooled) if receipt["is_complete"]]
    assert "owners" not in whole
    assert "scim_users" in whole


def test_a_read_without_a_credential_names_its_connection(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="connection acme_production has no credential") as caught:
        read_into_spool(Account(HOST, "acme_production"), {}, None, PLACES, tmp_path / "one.jsonl")
    assert caught.value.code == Cause.CONFIGURATION.exit_code


def test_a_run_is_newer_than_the_last_one_whatever_the_clock_says(tmp_path: Path) -> None:
    # Of a worker whose clock is a minute ahead.
    ahead = f"{datetime.now(UTC) + timedelta(minutes=1):%Y%m%dT%H%M%S%f}-00000000"
    with Sandbox(people=5) as sandbox:
        read(sandbox, tmp_path / "one.jsonl", last_run={"sync_id": ahead, "account": HOST})
    assert all(receipt["sync_id"] > ahead for receipt in receipts(tmp_path / "one.jsonl"))


def test_a_run_goes_on_with_the_pseudonyms_of_the_last_one_alone(tmp_path: Path) -> None:
    spooled, landing = tmp_path / "one.jsonl", tmp_path / "landing.duckdb"
    with Sandbox(people=5) as sandbox:
        read(sandbox, spooled, pseudonym_key=PSEUDONYM_KEY)
        load_receipts(landing, receipts(spooled))
        last = last_run(Warehouse({}, str(landing)), HOST)
        read(sandbox, spooled, last_run=last, pseudonym_key=PSEUDONYM_KEY)
        for other in (PSEUDONYM_KEY[::-1], ""):
            with pytest.raises(ReadError) as caught:
                read(sandbox, spooled, last_run=last, pseudonym_key=other)
            assert caught.value.code == Cause.CONFIGURATION.exit_code
    assert last_run(Warehouse({}, str(landing)), "other.myfreshworks.com") is None


@pytest.mark.parametrize("fingerprint", [[], ["pseudonym_key_fingerprint"]], ids=["before", "now"])
def test_the_last_run_is_that_with_the_greatest_id(tmp_path: Path, fingerprint: list[str]) -> None:
    landing = tmp_path / "landing.duckdb"
    runs = [
        {"sync_id": sync_id, "account": HOST} | dict.fromkeys(fingerprint, sync_id)
        for sync_id in ("2", "3", "1")
    ]
    load_receipts(landing, runs)
    expected = {"sync_id": "3", "account": HOST} | dict.fromkeys(fingerprint, "3")
    assert last_run(Warehouse({}, str(landing)), HOST) == expected


def test_secrets_are_taken_from_the_password_and_from_extra() -> None:
    extra = {"scim_token": "t", "pseudonym_key": "p", "api_key": "of no use", "page_size": 7}
    connection = SimpleNamespace(password="k", extra_dejson=extra)
    assert secrets_of(connection) == {"api_key": "k", "scim_token": "t", "pseudonym_key": "p"}


def test_settings_of_the_inventory_win_over_those_of_the_fleet() -> None:
    settings = {"max_quota_wait_seconds": 60, "emit_activate_version_messages": True}
    account = Account(HOST, "acme", ("owners",), settings)
    found = tap_environment(account, {"api_key": "k"})
    prefix = "TAP_FRESHSALES_USERS_"
    assert found == {
        f"{prefix}DOMAIN": HOST,
        f"{prefix}API_KEY": "k",
        f"{prefix}REQUIRED_STREAMS": '["owners"]',
        f"{prefix}MAX_QUOTA_WAIT_SECONDS": "60",
        f"{prefix}EMIT_ACTIVATE_VERSION_MESSAGES": "true",
    }
