"""Three ways to load one company: everything, pseudonyms, and without what the marts can do without.

All three are read from one sandbox into one warehouse, as three accounts, so whatever differs is a cost.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from freshsales_review.pseudonyms import fingerprint_of, pseudonym_of
from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.records.personal import Pseudonyms
from tests.marts.dbt import ROOT, built, dbt
from tests.marts.engines import DuckDB, Engine, Row
from tests.marts.people import owner, user
from tests.marts.raw import Raw, sync_id
from tests.marts.review import review
from tests.pipeline.commands import load
from tests.tap.running import Outcome, run_tap
from tests.tap.selecting import discover, metadata_of

KEY = "0123456789abcdef" * 2
OTHER_KEY = KEY[::-1]
EVERYTHING, PSEUDONYMS, LEAN, NAMELESS = "everything", "pseudonyms", "lean", "nameless"
ACCOUNTS = (EVERYTHING, PSEUDONYMS, LEAN, NAMELESS)
# Marts that say of everybody what they are and hold, and what is to be looked at.
SAME = ("identities", "access_review", "identity_flags", "identity_entitlements", "directory_daily")
# What names somebody in the marts, and what a mart has of the account itself.
NAMES = ("display_name", "given_name", "family_name", "email", "user_name", "manager_name")
# A reason names people, or their keys.
REASONS = ("reason", "reason_without_names")
# Told by hashes that the account is a part of.
KEYS = ("identity_key", "manager_identity_key", "grant_key", "change_key")
RECEIPTS = "stg_freshsales__sync_receipts"

Identify = Callable[[Row], tuple[Any, ...]]


def recipe(name: str) -> list[str]:
    """The selection of a recipe, as SECURITY.md prints it."""
    [found] = re.findall(
        rf"^<!-- recipe: {name} -->\n+```dotenv\n(?:.*\n)*?TAP_FRESHSALES_USERS__SELECT='([^']*)'\n```",
        (ROOT / "SECURITY.md").read_text(),
        re.MULTILINE,
    )
    patterns: list[str] = json.loads(found)
    return patterns


def left_out(patterns: list[str]) -> set[tuple[str, str]]:
    return {tuple(pattern[1:].split(".")) for pattern in patterns if pattern.startswith("!")}  # type: ignore[misc]


def run(account: str, sandbox: Sandbox, folder: Path) -> Outcome:
    config = sandbox.config | {"domain": f"{account}.myfreshworks.com"}
    if account == PSEUDONYMS:
        config = {"pseudonym_key": KEY} | config
    catalog = None
    if account in {LEAN, NAMELESS}:
        dropped = left_out(recipe(account))

        def deselect(entry: Any) -> None:
            for column in entry["schema"]["properties"]:
                if (entry["tap_stream_id"], column) in dropped:
                    metadata_of(entry, "properties", column)["selected"] = False

        catalog = discover(config, folder, deselect)
    outcome = run_tap(config, folder, catalog=catalog)
    assert outcome.exit_code == 0, outcome.log
    return outcome


def land(outcome: Outcome, engine: DuckDB, folder: Path) -> None:
    loaded = load("target-duckdb", outcome.output, str(engine.landing), folder)
    assert loaded.returncode == 0, loaded.stderr


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, work: Path) -> DuckDB:
    folder = tmp_path_factory.mktemp("privacy")
    engine = DuckDB(folder / "warehouse.duckdb")
    with Sandbox(people=45, seed=1, quota=None) as sandbox:
        for days in (0, 40):
            if days:
                sandbox.play(days)
            for account in ACCOUNTS:
                land(run(account, sandbox, folder), engine, folder)
            built("run", "--quiet", work=work, environment=engine.environment)
    return engine


@pytest.fixture(scope="module")
def marts(warehouse: DuckDB) -> dict[str, list[Row]]:
    return {
        name: warehouse.query(f"select * from freshsales_identity.{name}")
        for name in (*SAME, "identity_changes")
    }


def of(account: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["account"] == f"{account}.myfreshworks.com"]


def people(account: str, marts: Mapping[str, list[Row]]) -> dict[str, tuple[Any, Any]]:
    return {
        row["identity_key"]: (row["crm_owner_id"], row["scim_user_id"])
        for row in of(account, marts["identities"])
    }


def told(account: str, mart: str, marts: Mapping[str, list[Row]], hidden: tuple[str, ...]) -> Counter[Any]:
    """The rows of a mart by who they are about, without names and without what is of the run."""
    ids = people(account, marts)
    left = {
        "account",
        "seen_sync_id",
        "after_sync_id",
        "last_seen_sync_id",
        "known_since_sync_id",
        *KEYS,
        *hidden,
    }
    left |= {column for row in marts[mart][:1] for column in row if column.endswith("_at")}
    return Counter(
        (
            ids.get(row.get("identity_key", "")),
            *((name, str(row[name])) for name in sorted(row) if name not in left),
        )
        for row in of(account, marts[mart])
    )


@pytest.mark.parametrize("account", [PSEUDONYMS, LEAN, NAMELESS])
def test_matches_and_flags_are_those_of_the_account_in_full(
    account: str, marts: dict[str, list[Row]]
) -> None:
    for mart in SAME:
        expected = told(EVERYTHING, mart, marts, NAMES + REASONS)
        assert expected
        assert told(account, mart, marts, NAMES + REASONS) == expected
    assert any(row["risk_score"] for row in of(account, marts["access_review"]))


@pytest.mark.parametrize("account", [PSEUDONYMS, LEAN])
def test_the_history_has_the_same_events(account: str, marts: dict[str, list[Row]]) -> None:
    values = ("old_value", "new_value")
    expected = told(EVERYTHING, "identity_changes", marts, values)
    seen = {row["event_type"] for row in marts["identity_changes"]}
    assert {"renamed", "email_changed", "removed"} <= seen, "a duller company proves less"
    assert told(account, "identity_changes", marts, values) == expected


def test_without_names_nobody_is_seen_to_be_renamed_and_all_else_is_told(
    marts: dict[str, list[Row]],
) -> None:
    def events(account: str) -> Counter[Any]:
        ids = people(account, marts)
        return Counter(
            (ids.get(row["identity_key"]), row["event_type"], row["subject_id"])
            for row in of(account, marts["identity_changes"])
            if row["event_type"] != "renamed"
        )

    assert events(NAMELESS) == events(EVERYTHING)


def test_the_lean_selection_costs_no_name(marts: dict[str, list[Row]]) -> None:
    for mart in ("identities", "access_review"):
        assert told(LEAN, mart, marts, ()) == told(EVERYTHING, mart, marts, ())


def test_no_name_or_address_is_in_the_marts_of_pseudonyms(
    marts: dict[str, list[Row]],
) -> None:
    clear = {
        row[name] for row in of(EVERYTHING, marts["identities"]) for name in NAMES if row[name] is not None
    }
    for mart, rows in marts.items():
        for row in of(PSEUDONYMS, rows):
            assert not clear & {value for value in row.values() if isinstance(value, str)}, mart
    assert any("@" in row["email"] for row in of(PSEUDONYMS, marts["identities"]) if row["email"])


def test_reveal_shows_who_is_who_to_the_holder_of_the_key_and_a_list(
    warehouse: DuckDB, marts: dict[str, list[Row]], tmp_path: Path
) -> None:
    clear = {
        (row["crm_owner_id"], row["scim_user_id"]): row
        for row in of(EVERYTHING, marts["identities"])
        if row["email"]
    }
    addresses = tmp_path / "addresses.csv"
    lines = [f"{row['email'].upper()},Number {place}" for place, row in enumerate(clear.values())]
    addresses.write_text("\n".join(["address,name", *lines, "nobody@acme.example,Nobody"]))
    variable = "TAP_FRESHSALES_USERS_PSEUDONYM_KEY"
    shown = review("reveal", warehouse, tmp_path, str(addresses), **{variable: KEY, "COLUMNS": "250"})
    assert shown.returncode == 0, shown.stderr
    distinct = {row["email"] for row in clear.values()}
    assert f"of {len(lines) + 1} addresses are those of somebody in the review." in shown.stdout
    assert all(address.upper() in shown.stdout for address in distinct)
    assert "nobody@acme.example" not in shown.stdout
    wrong = review("reveal", warehouse, tmp_path, str(addresses), **{variable: OTHER_KEY})
    assert wrong.returncode == 1
    assert "is not the one that the names were replaced with" in wrong.stderr
    assert review("reveal", warehouse, tmp_path, str(addresses)).returncode == 1


def fingerprinted(raw: Raw, day: int, fingerprint: str | None) -> None:
    for receipt in raw.tables["sync_receipts"].values():
        if receipt["sync_id"] == sync_id("a", day):
            receipt["pseudonym_key_fingerprint"] = fingerprint


@pytest.mark.parametrize(("first", "second"), [("one", "two"), (None, "one"), ("one", None)])
def test_no_marts_are_made_of_one_account_with_two_keys(
    first: str | None, second: str | None, engine: Engine, work: Path
) -> None:
    raw = Raw()
    for day, fingerprint in ((1, first), (2, second)):
        raw.load("a", day, {"scim_users": [user("ann", f"{day}@x")]})
        fingerprinted(raw, day, fingerprint)
    engine.load(raw)
    refused = dbt("run", "--quiet", "--select", RECEIPTS, work=work, environment=engine.environment)
    assert refused.returncode != 0
    assert "were made with different keys for pseudonyms" in " ".join(refused.stdout.split())


def test_a_run_with_another_key_stops_no_other_account(engine: Engine, work: Path) -> None:
    people = {"scim_users": [user("ann", "a@x"), user("bob", "b@x")], "owners": [owner(1, "a@x")]}
    raw = Raw()
    for account in ("a", "other"):
        raw.load(account, 1, people)
    fingerprinted(raw, 1, "one")
    engine.load(raw)
    built("run", "--quiet", work=work, environment=engine.environment)
    raw.load("a", 2, {"scim_users": [user("ann", "p@x"), user("cy", "q@x")], "owners": [owner(1, "p@x")]})
    fingerprinted(raw, 2, "two")
    raw.load("other", 2, {"scim_users": [user("ann", "a@x")], "owners": [owner(1, "a@x")]})
    engine.load(raw)
    verified = review("verify", engine, work)
    assert verified.returncode == 1
    assert f"sync_receipts of a: run {sync_id('a', 2)} was made with another" in verified.stdout
    finished = dbt("build", "--exclude-resource-type", "unit_test", work=work, environment=engine.environment)
    assert finished.returncode == 1
    assert "SKIP=0" in finished.stdout
    told = finished.stdout.rpartition("that of the others is:")[2]
    assert f"no_run_has_another_key: a run {sync_id('a', 2)} was made with another" in told
    assert "other run" not in told
    people_now = engine.query("select account, email from freshsales_identity.identities order by 1, 2")
    assert [tuple(row.values()) for row in people_now] == [
        ("a", "a@x"),
        ("a", "b@x"),
        ("other", "a@x"),
        ("other", "b@x"),
    ]
    gone = engine.query("select account, email from freshsales_identity.identities where status = 'removed'")
    assert [tuple(row.values()) for row in gone] == [("other", "b@x")]
    forgotten = review("forget", engine, work, "--yes", sync_id("a", 2))
    assert forgotten.returncode == 0, forgotten.stderr
    assert "was made with another" not in review("verify", engine, work).stdout


def test_an_identity_provider_is_not_held_against_pseudonyms(warehouse: DuckDB, work: Path) -> None:
    provider = json.dumps([{"source": "okta", "adapter": "okta", "schema": "freshsales_okta"}])
    refused = dbt(
        "run",
        "--quiet",
        "--select",
        RECEIPTS,
        work=work,
        environment={**warehouse.environment, "FRESHSALES_IDP": provider},
    )
    assert refused.returncode != 0
    assert "was read with pseudonyms" in " ".join(refused.stdout.split())


def test_the_review_makes_the_pseudonyms_of_the_tap() -> None:
    for address in ("jane@acme.example", " Jane@ACME.example ", "İé@x", "\ud800@x"):
        assert pseudonym_of(KEY, address) == Pseudonyms(KEY).text(address)
    assert fingerprint_of(KEY) == Pseudonyms(KEY).fingerprint
