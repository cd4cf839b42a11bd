"""What `verify` is asked for: accounts, streams, and a moment since when they have to be read."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result as Invoked

from freshsales_review import verify as verifying
from freshsales_review.findings import MOST_LINES
from freshsales_review.verify import Due, verify
from freshsales_review.warehouse import Result, Warehouse, open_warehouse
from tests.review.test_verify import ACCOUNT, FIRST_RUN, LATEST_RUN, RECEIPTS, receipt, row, run
from tools.warehouses import Filled

OTHER = "beta.myfreshworks.com"
VANISHED = "gone.myfreshworks.com"
NOBODY = "nobody.myfreshworks.com"
DAY = timedelta(days=1)
NOW = datetime.now(UTC)
SINCE = ["--since", (NOW - timedelta(hours=1)).isoformat()]


@pytest.fixture
def fleet(warehouse: Filled) -> Filled:
    """Two accounts that were just read, one of them with a run of its own for roles, and one that was not."""
    warehouse.execute(
        "create schema freshsales",
        RECEIPTS,
        "create table freshsales.owners (account varchar, sync_id varchar, id bigint)",
        "create table freshsales.roles (account varchar, sync_id varchar, id bigint)",
        *(
            statement
            for account in (ACCOUNT, OTHER)
            for statement in (receipt("owners", ["1"], account=account), row("owners", "1", account=account))
        ),
        receipt("roles", ["1"], sync_id=FIRST_RUN),
        row("roles", "1", sync_id=FIRST_RUN),
        receipt("territories", [], reason="absent"),
        receipt("scim_users", [], account=OTHER, reason="failed: quota"),
        receipt("owners", ["1"], account=VANISHED, sync_id=FIRST_RUN, age=DAY),
        row("owners", "1", account=VANISHED, sync_id=FIRST_RUN),
    )
    return warehouse


def differences(result: Invoked) -> dict[tuple[str, str], list[str]]:
    found = json.loads(result.stdout)
    assert result.exit_code == int(found["has_differences"]), result.output
    return {
        (one["account"], one["stream"]): one["differences"] for one in found["streams"] if one["differences"]
    }


def test_an_account_that_vanished_is_a_difference(fleet: Filled) -> None:
    [(found, [words])] = differences(run(fleet.location, *SINCE, "--json")).items()
    assert found == (VANISHED, "owners")
    assert words.startswith("it was due, and has no receipt since 20")
    assert run(fleet.location).exit_code == 0, "nobody asked for it"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--account", ACCOUNT], set()),
        (["--account", VANISHED], {(VANISHED, "owners")}),
        (["--account", ACCOUNT, "--account", VANISHED], {(VANISHED, "owners")}),
        (["--account", NOBODY], {(NOBODY, "sync_receipts")}),
        (["--account", ACCOUNT, "--streams", "owners,roles,territories"], set()),
        (["--account", OTHER, "--streams", "owners, roles"], {(OTHER, "roles")}),
        (["--account", OTHER, "--streams", "roles"], {(OTHER, "roles")}),
        (["--account", NOBODY, "--streams", "roles"], {(NOBODY, "roles")}),
        (["--account", ACCOUNT, "--require-complete"], set()),
        (
            ["--account", ACCOUNT, "--require-complete", "--streams", "territories"],
            {(ACCOUNT, "territories")},
        ),
        (["--account", OTHER, "--require-complete"], {(OTHER, "scim_users")}),
        (["--account", OTHER], set()),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_due_and_not_there_is_a_difference(
    options: list[str], expected: set[tuple[str, str]], fleet: Filled
) -> None:
    assert differences(run(fleet.location, *SINCE, *options, "--json")).keys() == expected


@pytest.mark.parametrize("stream", ["roles", "scim_groups"])
def test_a_stream_that_the_latest_run_left_out_is_missed_where_it_is_due(stream: str, fleet: Filled) -> None:
    result = run(fleet.location, "--account", ACCOUNT, "--streams", stream)
    assert result.exit_code == 1
    assert "it was due, and has no receipt in the latest run" in result.output


def test_a_row_lost_by_an_earlier_run_of_one_stream_is_found(fleet: Filled) -> None:
    """Each stream is held against its own latest receipt, where a moment is given."""
    fleet.execute("delete from freshsales.roles")
    found = differences(run(fleet.location, *SINCE, "--account", ACCOUNT, "--json"))
    assert found[ACCOUNT, "roles"] == ["1 rows are missing", "the keys are not those that were sent"]


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--since", "9999-12-31T23:59:59-14:00"],
        ["--since", "0001-01-01T00:00:00+14:00"],
        ["--streams", "owners,nothing"],
        ["--streams", "Owners"],
    ],
)
def test_what_cannot_be_asked_for_is_refused(options: list[str], fleet: Filled) -> None:
    result = run(fleet.location, *options)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("reason", ["absent", "unreadable", "unreadable: 403"])
@pytest.mark.parametrize(
    ("options", "is_missed"),
    [
        ([], False),
        (["--require-complete"], True),
        (["--require-complete", "--streams", "owners"], False),
        (["--require-complete", "--streams", "owners,roles"], True),
    ],
    ids=str,
)
@pytest.mark.parametrize("since", [[], SINCE], ids=["of the latest run", "since a moment"])
def test_a_list_that_the_account_gave_before_is_missed(
    since: list[str], options: list[str], reason: str, fleet: Filled, *, is_missed: bool
) -> None:
    fleet.execute(receipt("roles", [], reason=reason))
    found = differences(run(fleet.location, *since, "--account", ACCOUNT, *options, "--json"))
    assert ((ACCOUNT, "roles") in found) is is_missed
    assert (ACCOUNT, "territories") not in found, "it never gave those"


# -- counts of what owners own


def counts(reason: str | None, *owners: str, sync_id: str = LATEST_RUN) -> list[str]:
    keys = [f"{owner}\tdeal" for owner in owners]
    rows = [row("owned_records", owner, "deal", sync_id=sync_id) for owner in owners]
    return [receipt("owned_records", keys, sync_id=sync_id, reason=reason), *rows]


@pytest.fixture
def counting(fleet: Filled) -> Filled:
    """The same, with counts for nine owners in the first run."""
    fleet.execute(
        "create table freshsales.owned_records (account varchar, sync_id varchar, owner_id varchar, "
        "record_type varchar)",
        *counts(None, *"123456789", sync_id=FIRST_RUN),
    )
    return fleet


def test_counts_for_fewer_owners_than_before_are_no_loss(counting: Filled) -> None:
    counting.execute(*counts(None, "1"))
    result = run(counting.location, "--account", ACCOUNT)
    assert result.exit_code == 0, result.output
    assert "held back" not in result.output


def test_counts_that_no_setting_asks_for_any_more_are_not_due(counting: Filled) -> None:
    assert differences(run(counting.location, "--account", ACCOUNT, "--json")) == {}


def test_a_count_that_a_loader_lost_is_a_difference(counting: Filled) -> None:
    counting.execute(*counts(None, "1", "2"), "delete from freshsales.owned_records where owner_id = '2'")
    found = differences(run(counting.location, "--account", ACCOUNT, "--json"))
    assert found[ACCOUNT, "owned_records"][0] == "1 rows are missing"


@pytest.mark.parametrize("reason", ["scope_unknown: owners", "uncounted: deal (capped)"])
@pytest.mark.parametrize(("streams", "is_missed"), [("owners", False), ("owners,owned_records", True)])
def test_counts_that_are_not_given_are_missed_if_they_are_asked_for(
    streams: str, reason: str, counting: Filled, *, is_missed: bool
) -> None:
    counting.execute(*counts(reason, "1"))
    options = ["--account", ACCOUNT, "--require-complete", "--streams", streams]
    found = differences(run(counting.location, *options, "--json"))
    assert ((ACCOUNT, "owned_records") in found) is is_missed


# -- different keys for pseudonyms


@pytest.mark.parametrize("keys", [("one", "two"), (None, "one"), ("one", None)])
@pytest.mark.parametrize("since", [[], SINCE], ids=["of the latest run", "since a moment"])
def test_runs_with_different_keys_fail_their_account_alone(
    since: list[str], keys: tuple[str | None, str | None], fleet: Filled
) -> None:
    fleet.execute(
        f"delete from freshsales.sync_receipts where account = '{VANISHED}'",
        "alter table freshsales.sync_receipts add column pseudonym_key_fingerprint varchar",
        *(
            f"update freshsales.sync_receipts set pseudonym_key_fingerprint = '{key}' "
            f"where account = '{ACCOUNT}' and sync_id = '{run_id}'"
            for run_id, key in zip((FIRST_RUN, LATEST_RUN), keys, strict=True)
            if key
        ),
    )
    found = differences(run(fleet.location, *since, "--json"))
    assert {account for account, _ in found} == {ACCOUNT}
    assert f"run {LATEST_RUN} was made with another `pseudonym_key`" in str(found[ACCOUNT, "sync_receipts"])
    assert not differences(run(fleet.location, *since, "--account", OTHER, "--json"))


# -- many accounts


def many(warehouse: Filled, accounts: int) -> Filled:
    names = [f"a{number}.myfreshworks.com" for number in range(accounts)]
    warehouse.execute(
        "create schema freshsales",
        RECEIPTS,
        *(
            f"create table freshsales.{table} (account varchar, sync_id varchar, id bigint)"
            for table in TABLES
        ),
        *(receipt(table, ["1"], account=name) for name in names for table in TABLES),
        *(receipt("scim_groups", [], account=name, reason="failed: quota") for name in names),
    )
    return warehouse


TABLES = ("owners", "roles")


def test_the_words_for_many_accounts_are_few(warehouse: Filled) -> None:
    result = run(many(warehouse, 60).location)
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert len(lines) <= 2 * (MOST_LINES + 1) + 1
    assert "... and 100 more." in lines, "rows are missing in each of two tables"
    assert "... and 40 more." in lines, "of those not read to their end"
    assert lines[-1] == "120 of 180 streams differ from what was sent."


def test_a_run_that_is_not_here_does_not_name_every_account(warehouse: Filled) -> None:
    result = run(many(warehouse, 60).location, "--sync-id", FIRST_RUN)
    assert f"which is {LATEST_RUN} (a0.myfreshworks.com)" in result.output
    assert "and 55 more" in result.output


@pytest.mark.parametrize(
    "asked",
    [{}, {"since": NOW - DAY}, {"since": NOW - DAY, "is_complete": True}],
    ids=["all", "since", "complete"],
)
def test_more_accounts_cost_no_more_queries(asked: dict[str, Any], warehouse: Filled) -> None:
    filled = many(warehouse, 12)

    def queries(due: Due) -> int:
        with open_warehouse(filled.location) as opened:
            counted = Counting(opened)
            verify(counted, "freshsales", due)
        return counted.queries

    few = queries(Due(accounts=("a0.myfreshworks.com", "a1.myfreshworks.com"), **asked))
    assert queries(Due(**asked)) == few <= 3 * len(verifying.KEYS)


class Counting:
    """A warehouse that counts what it is asked."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.columns, self.sha256_of_lines = warehouse.columns, warehouse.sha256_of_lines
        self.queries = 0

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        self.queries += 1
        return self._warehouse.query(sql, parameters)
