"""The Python face: the same records and receipts as the tap's, without the Singer SDK."""

import subprocess
import sys
import threading
import typing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users import Account
from tap_freshsales_users.account import Settings
from tap_freshsales_users.errors import (
    ClosedError,
    ConfigurationError,
    CredentialRefusedError,
    QuotaExhaustedError,
    TapError,
)
from tap_freshsales_users.settings import SETTINGS
from tests.tap.running import run_tap
from tests.tap.truth import truth_of

# Of one run alone.
OF_A_RUN = {"sync_id", "started_at", "finished_at"}
PYTHON_TYPES = {"string": str, "integer": int, "number": float}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=40, seed=3, quota=None) as running:
        yield running


def account_of(sandbox: Sandbox, **more: Any) -> Account:
    settings: dict[str, Any] = sandbox.config | more
    return Account(**settings)


def plain(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name not in OF_A_RUN} for record in records]


def test_it_reads_the_records_and_receipts_of_the_tap(sandbox: Sandbox, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"page_size": 10, "owned_records": "all"}
    singer = run_tap({**sandbox.config, **settings}, tmp_path)
    with account_of(sandbox, **settings) as account:
        found: dict[str, list[dict[str, Any]]] = {}
        for table, page in account.read_together(*account.tables):
            assert page
            found.setdefault(table, []).extend(page)
    assert set(found) == set(singer.records) - {"sync_receipts"} >= {"owned_records"}
    for table, records in found.items():
        assert plain(records) == plain(singer.records[table])
        assert {record["sync_id"] for record in records} == {account.bookmark["sync_id"]}
    assert plain(account.receipts) == plain(singer.records["sync_receipts"])
    assert all(receipt["is_complete"] for receipt in account.receipts)


def test_what_a_setting_switches_off_is_no_table_to_read(sandbox: Sandbox) -> None:
    with account_of(sandbox) as account:
        assert "owned_records" not in account.tables
        with pytest.raises(ConfigurationError, match="`owned_records` is `none`"):
            list(account.read("owned_records"))
    assert not sandbox.requests


def test_one_table_is_read_in_pages(sandbox: Sandbox) -> None:
    with account_of(sandbox, page_size=10) as account:
        pages = list(account.read("scim_users"))
    assert len(pages) > 1
    assert {record["id"] for page in pages for record in page} == {
        person.scim_id for person in sandbox.directory.users()
    }


def test_a_list_that_feeds_two_tables_is_read_once(sandbox: Sandbox) -> None:
    with account_of(sandbox) as account:
        list(account.read_together("scim_groups", "scim_group_members"))
        by_table = {receipt["stream"]: receipt["api_requests"] for receipt in account.receipts}
    assert by_table["scim_groups"] > 0
    assert by_table["scim_group_members"] == 0


def test_one_quota_is_shared_by_all_reads() -> None:
    """Each read alone has requests enough; both together have not, and the second is told so."""
    with Sandbox(people=40, seed=3, quota=None) as sandbox:
        limits = {"requests_per_hour": 6, "quota_reserve": 0, "max_quota_wait_seconds": 0, "page_size": 10}
        for table in ("owners", "scim_users"):
            with account_of(sandbox, **limits) as alone:
                assert list(alone.read(table))
        with account_of(sandbox, **limits) as account:
            list(account.read("owners"))
            with pytest.raises(QuotaExhaustedError):
                list(account.read("scim_users"))


@pytest.mark.parametrize("table", ["scim_users", "owners", "scim_group_members"])
def test_a_read_that_is_left_half_way_is_not_complete(table: str, sandbox: Sandbox) -> None:
    with account_of(sandbox, page_size=5) as account:
        pages = account.read(table)
        next(pages)
        pages.close()  # type: ignore[attr-defined]
        [receipt] = account.receipts
    assert not receipt["is_complete"]
    assert receipt["incomplete_reason"] == "failed: stopped"
    assert receipt["population_sha256"] is None


def test_a_refused_credential_is_an_error_and_a_receipt(sandbox: Sandbox) -> None:
    with account_of(sandbox, scim_token="wrong-token") as account:
        with pytest.raises(CredentialRefusedError):
            list(account.read("scim_users"))
        with pytest.raises(CredentialRefusedError):
            account.check()
        [receipt] = account.receipts
        # The other list is read all the same.
        assert list(account.read("owners"))
    assert receipt["incomplete_reason"] == "failed: credential_refused"


def test_a_check_of_both_credentials_passes_in_silence(sandbox: Sandbox) -> None:
    with account_of(sandbox) as account:
        account.check()
        assert account.receipts == []


WRONG: list[dict[str, Any]] = [
    {},
    {"domain": "acme"},
    {"domain": "acme", "api_key": "k", "page_size": 0},
    {"domain": "acme", "api_key": "k", "page_sise": 10},
    {"domain": "acme", "api_key": "k", "start_date": "2026-01-01T00:00:00Z"},
    {"domain": "acme", "scim_token": "two words"},
    {"domain": "acme", "api_key": "k", "pseudonym_key": ""},
]


@pytest.mark.parametrize("settings", WRONG, ids=str)
def test_a_wrong_setting_is_told_in_a_sentence_before_anything_is_sent(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as told:
        Account(**settings)
    assert str(told.value).endswith(".")
    assert "two words" not in str(told.value)


def test_a_table_that_cannot_be_read_is_refused_at_once(sandbox: Sandbox) -> None:
    with account_of(sandbox, scim_token=None) as account:
        assert "scim_users" not in account.tables
        with pytest.raises(ConfigurationError, match="`scim_token` is not set"):
            account.read("scim_users")
        with pytest.raises(ConfigurationError, match="There is no table people"):
            account.read("people")
        with pytest.raises(TapError, match="`since` is no date-time"):
            account.read("owners", since="yesterday")


def test_since_asks_for_what_changed_and_tells_nobody_gone(sandbox: Sandbox) -> None:
    moments = sorted(person.modified for person in sandbox.directory.users())
    since = f"{moments[len(moments) // 2]:%Y-%m-%dT%H:%M:%SZ}"
    with account_of(sandbox) as account:
        found = [record for page in account.read("scim_users", since=since) for record in page]
        [receipt] = account.receipts
    assert 0 < len(found) < len(moments)
    assert receipt["replication_method"] == "INCREMENTAL"
    assert not receipt["is_complete"]


def test_the_next_run_follows_the_last_one(sandbox: Sandbox) -> None:
    ahead = {"account": "acme.myfreshworks.com", "sync_id": "29990101T000000000000-00000000"}
    with account_of(sandbox, last=ahead) as account:
        assert account.bookmark["sync_id"] > ahead["sync_id"]
    hidden = account.bookmark | {"pseudonym_key_fingerprint": "0" * 16}
    with pytest.raises(ConfigurationError, match="another `pseudonym_key`"):
        account_of(sandbox, last=hidden)


def test_every_setting_is_a_keyword_of_its_type() -> None:
    hints = typing.get_type_hints(Settings)
    of_singer = {"start_date", "required_streams", "emit_activate_version_messages"}
    # The SDK adds its own to what the tap declares.
    of_the_sdk = {name for name in SETTINGS["properties"] if name.startswith(("stream_", "flattening_"))}
    of_the_sdk |= {"faker_config", "batch_config"}
    assert hints.keys() == SETTINGS["properties"].keys() - of_singer - of_the_sdk
    for name, hint in hints.items():
        types = SETTINGS["properties"][name]["type"]
        kinds = [types] if isinstance(types, str) else types
        options = SETTINGS["properties"][name].get("enum")
        if options:
            assert typing.get_args(hint) == tuple(options)
            continue
        expected = {type(None) if kind == "null" else PYTHON_TYPES[kind] for kind in kinds}
        assert set(typing.get_args(hint) or [hint]) == expected


def test_the_singer_sdk_is_not_imported() -> None:
    program = "import sys; from tap_freshsales_users import Account; print('singer_sdk' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"


def test_a_read_under_way_is_not_complete_and_ends_with_the_account(sandbox: Sandbox) -> None:
    with account_of(sandbox, page_size=5) as account:
        assert list(account.read("scim_users"))
        pages = account.read("scim_users")
        assert account.receipts[0]["is_complete"], "the second read has not begun"
        next(pages)
        [half_way] = account.receipts
    assert half_way["incomplete_reason"] == "failed: stopped"
    with pytest.raises(ClosedError, match="The account is closed"):
        next(pages)
    [receipt] = account.receipts
    assert not receipt["is_complete"]
    with pytest.raises(ClosedError):
        next(account.read("owners"))
    assert [receipt] == account.receipts


def test_a_read_that_waits_ends_when_another_thread_closes_the_account() -> None:
    with Sandbox(people=40, seed=3, quota=None) as sandbox:
        account = account_of(sandbox, page_size=5, requests_per_hour=3, quota_reserve=0, max_in_flight=1)
        with ThreadPoolExecutor(1) as pool:
            begun = threading.Event()

            def read() -> None:
                for _ in account.read("scim_users"):
                    begun.set()

            told = pool.submit(read)
            assert begun.wait(60)
            account.close()
            assert isinstance(told.exception(60), ClosedError)
        [receipt] = account.receipts
        assert receipt["incomplete_reason"] == "failed: stopped"


def test_a_table_that_is_named_twice_is_read_once(sandbox: Sandbox) -> None:
    with account_of(sandbox) as account:
        pages = list(account.read_together("owners", "roles", "owners"))
        assert account.together(["owners", "roles", "owners"]) == [["owners"], ["roles"]]
    assert sum(len(page) for name, page in pages if name == "owners") == len(sandbox.directory.owners())
    assert account.receipts[0]["records"] == len(sandbox.directory.owners())


def test_lists_are_read_in_their_own_order_whatever_the_order_of_the_names() -> None:
    """Only so is it known which groups leave out members."""
    with Sandbox(people=40, seed=3, quota=None, quirks="scim-list-members-empty") as sandbox:
        with account_of(sandbox) as account:
            pages = list(account.read_together("scim_group_members", "scim_groups", "scim_users"))
        members = sum(len(page) for name, page in pages if name == "scim_group_members")
        assert pages[0][0] == "scim_users"
        assert members == len(truth_of(sandbox.directory)["scim_group_members"])


def test_threads_share_one_account_and_its_quota() -> None:
    with Sandbox(people=40, seed=3, quota="100/h") as sandbox:
        with account_of(sandbox, page_size=5, max_in_flight=2, quota_reserve=0) as account:
            lists = account.together(account.tables)
            with ThreadPoolExecutor(len(lists)) as pool:
                found = dict.fromkeys(account.tables, 0)

                def read(names: list[str]) -> None:
                    for name, page in account.read_together(*names):
                        found[name] += len(page)

                list(pool.map(read, lists))
        assert {receipt["stream"]: receipt["records"] for receipt in account.receipts} == found
        assert all(receipt["is_complete"] for receipt in account.receipts)
        assert found["scim_users"] == len(sandbox.directory.users())
        assert sum(receipt["api_requests"] for receipt in account.receipts) >= len(sandbox.requests)
