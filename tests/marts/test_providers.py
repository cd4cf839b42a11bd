"""Identity providers and rosters: what is read of them, who is matched, and what is said against whom."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.marts.conftest import Marts
from tests.marts.leaving import ACCOUNTS, expected, leavers
from tests.marts.matching import CONFIDENCE, categories, match
from tests.marts.providers import DIALECTS, Providers
from tests.marts.scenarios_of_providers import (
    APP,
    BUILDS,
    DIRECTORIES,
    FIRST_LOAD,
    ITEMS,
    SECOND_LOAD,
    is_whole,
    random_directories,
)

Row = dict[str, Any]
FLAGS = ("has_left_still_active", "deprovisioning_failed", "is_unknown_to_idp", "is_dormant")
NEW_COLUMNS = (
    "idp_source", "idp_user_id", "idp_match_method", "idp_match_confidence", "idp_match_is_ambiguous",
    "idp_status", "idp_left_at", "idp_last_login_at", "app_last_sign_in_at", "is_assigned_in_idp",
    "idp_loaded_at", "roster_status", "roster_left_on",
)  # fmt: skip
WORDS = {
    "ACTIVE": "active", "RECOVERY": "active", "PASSWORD_EXPIRED": "active", "STAGED": "pending",
    "PROVISIONED": "pending", "LOCKED_OUT": "locked", "SUSPENDED": "suspended", "DEPROVISIONED": "disabled",
}  # fmt: skip


def utc(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None


def by_key(rows: list[Row], *names: str) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in names): row for row in rows}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_okta_users_are_read_alike_from_every_loader(marts: Marts, dialect: str) -> None:
    rows = by_key(marts.rows("stg_idp__users", f"okta_{dialect}"), "idp_user_id")
    assert len(rows) == len(ITEMS["users"])
    for item in ITEMS["users"]:
        row, profile = rows[item["id"],], item["profile"]
        assert row.pop("loaded_at") is not None
        assert row == {
            "account": f"okta_{dialect}",
            "source": "okta",
            "idp_user_id": item["id"],
            "login": profile["login"],
            "email": profile["email"].lower(),
            "other_emails": None,
            "alias": None,
            "immutable_id": None,
            "employee_number": profile["employeeNumber"],
            "display_name": f"{profile['firstName']} O'Last",
            "department": profile["department"],
            "native_status": item["status"],
            "idp_status": WORDS[item["status"]],
            "has_left": item["status"] == "DEPROVISIONED",
            "status_changed_at": utc(item["statusChanged"]),
            "left_on": None,
            "last_login_at": utc(item["lastLogin"]),
            "last_login_kind": "success" if item["lastLogin"] else None,
            "created_at": utc(item["created"]),
        }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_okta_app_users_are_those_of_the_named_apps(marts: Marts, dialect: str) -> None:
    rows = by_key(marts.rows("stg_idp__app_assignments", f"okta_{dialect}"), "idp_user_id")
    items = [item for item in ITEMS["app_users"] if APP in item["_links"]["app"]["href"]]
    assert len(rows) == len(items) < len(ITEMS["app_users"])
    for item in items:
        row = rows[item["id"],]
        assert row.pop("loaded_at") is not None
        assert row == {
            "account": f"okta_{dialect}",
            "source": "okta",
            "app_id": APP,
            "idp_user_id": item["id"],
            "app_user_id": item["externalId"],
            "app_user_name": item["credentials"]["userName"],
            "scope": item["scope"].lower(),
            "native_status": item["status"],
            "sync_state": item["syncState"],
            "assigned_at": utc(item["created"]),
        }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_okta_events_are_the_listed_types_of_the_named_apps(marts: Marts, dialect: str) -> None:
    rows = by_key(marts.rows("stg_idp__events", f"okta_{dialect}"), "event_id")
    types = {
        "event1": "left",
        "event2": "app_deprovisioned",
        "event3": "app_sign_in",
        "event5": "sign_in",
        "event6": "app_assigned",
        "event8": "returned",
        "event9": "suspended",
    }
    assert {key: row["event_type"] for (key,), row in rows.items()} == types
    for item in ITEMS["log_events"]:
        if item["uuid"] not in types:
            continue
        user = next((each["id"] for each in item["target"] if each["type"] == "User"), item["actor"]["id"])
        result = item["outcome"]["result"]
        assert rows[item["uuid"],] == {
            "account": f"okta_{dialect}",
            "source": "okta",
            "event_id": item["uuid"],
            "happened_at": utc(item["published"]),
            "event_type": types[item["uuid"]],
            "idp_user_id": user,
            "app_id": next((each["id"] for each in item["target"] if each["type"] == "AppInstance"), None),
            "result": result if result in {"SUCCESS", "FAILURE"} else None,
            "reason": item["outcome"]["reason"],
            "actor_id": item["actor"]["id"],
            "native_type": item["eventType"],
        }


LEFT_AT: dict[str, dict[str, tuple[bool, str]]] = {
    "entra": {"ann": (False, "active"), "bob": (True, "disabled"), "cid": (True, "deleted")},
    "google": {"ann": (False, "active"), "bob": (True, "suspended"), "cid": (True, "disabled")},
    "onelogin": {"ann": (False, "active"), "bob": (True, "suspended"), "cid": (False, "locked")},
}
SIGN_INS_AT = {"entra": ("success", "attempt"), "google": ("success", None), "onelogin": ("success", None)}
EVENTS_AT = {
    "entra": {
        "sign-in-0": ("app_sign_in", "ann", "SUCCESS"),
        "sign-in-50126": ("app_sign_in", "ann", "FAILURE"),
        "push": ("app_deprovisioned", "bob", "FAILURE"),
        "audit": ("left", "bob", "SUCCESS"),
    },
    "google": {},
    "onelogin": {"event": ("app_sign_in", "ann", "SUCCESS")},
}


@pytest.mark.parametrize("adapter", LEFT_AT)
def test_who_has_left_is_read_from_the_tables_of_each_vendor(marts: Marts, adapter: str) -> None:
    rows = {row["idp_user_id"]: row for row in marts.rows("stg_idp__users", f"of_{adapter}")}
    assert {name: (row["has_left"], row["idp_status"]) for name, row in rows.items()} == LEFT_AT[adapter]
    assert (rows["ann"]["last_login_kind"], rows["bob"]["last_login_kind"]) == SIGN_INS_AT[adapter]
    assert {row["display_name"] for row in rows.values()} == {"Ann", "Bob", "Cid"}


@pytest.mark.parametrize("adapter", LEFT_AT)
def test_events_and_assignments_are_read_from_the_tables_of_each_vendor(marts: Marts, adapter: str) -> None:
    events = marts.rows("stg_idp__events", f"of_{adapter}")
    told = {row["event_id"]: (row["event_type"], row["idp_user_id"], row["result"]) for row in events}
    assert told == EVENTS_AT[adapter]
    assigned = [row["idp_user_id"] for row in marts.rows("stg_idp__app_assignments", f"of_{adapter}")]
    assert assigned == ([] if adapter == "google" else ["ann"])


@pytest.mark.parametrize(
    ("name", "counts", "evidence"),
    [
        ("whole", True, "receipt"),
        ("half", False, None),
        ("lossy", False, None),
        ("others", False, None),
        ("stale", False, "receipt"),
        ("none", False, None),
        ("declared", True, "declared"),
        ("declared_stale", False, "declared"),
        ("missing", False, None),
    ],
)
def test_absence_counts_only_where_the_list_is_proven_whole(
    marts: Marts, name: str, counts: bool, evidence: str | None
) -> None:
    account = f"receipts_{name}"
    load = by_key(marts.rows("idp_load_quality", account), "object")["users",]
    assert (load["absence_counts"], load["absence_evidence"]) == (counts, evidence)
    assert load["is_loaded"] is (name != "missing")
    unknown = {row["display_name"]: row["is_unknown_to_idp"] for row in marts.rows("access_review", account)}
    assert unknown == {
        "Scim1": None if name == "missing" else False,
        "Stranger": True if counts else None,
        "Off": False,
    }
    by_name = {row["identity_key"]: row["display_name"] for row in marts.rows("identities", account)}
    words = {
        by_name[row["identity_key"]]: row["category"]
        for row in marts.rows("idp_reconciliation", account)
        if row["identity_key"]
    }
    assert words["Stranger"] == ("here_unknown_there" if counts else "not_known")


@pytest.mark.parametrize(
    ("name", "dormant"), [("whole", True), ("stale", None), ("none", None), ("declared", None)]
)
def test_nobody_is_dormant_without_a_whole_log(marts: Marts, name: str, dormant: bool | None) -> None:
    rows = by_key(marts.rows("access_review", f"receipts_{name}"), "display_name")
    assert rows["Scim1",]["is_dormant"] is dormant


def test_without_a_source_the_new_columns_are_null(marts: Marts) -> None:
    for account in ("flags", "history"):
        for row in marts.rows("identities", account):
            assert {row[name] for name in NEW_COLUMNS} == {None}
        for row in marts.rows("access_review", account):
            assert {row[name] for name in FLAGS} == {None}
        for mart in ("idp_reconciliation", "deprovisioning", "idp_load_quality"):
            assert marts.rows(mart, account) == []


CASES: dict[str, tuple[bool | None, bool | None, bool | None, bool | None, str]] = {
    "stays": (False, False, False, False, "in_order"),
    "left": (True, False, False, False, "left_still_in"),
    "left_off": (False, False, False, False, "in_order"),
    "suspended": (False, False, False, False, "in_order"),
    "push_failed": (False, True, False, False, "in_order"),
    "push_mended": (False, False, False, False, "in_order"),
    "sync_error": (False, True, False, False, "in_order"),
    "dormant": (False, False, False, True, "in_order"),
    "signed_in": (False, False, False, False, "in_order"),
    "signed_in_late": (False, False, False, True, "in_order"),
    "signed_in_elsewhere": (False, False, False, True, "in_order"),
    "newcomer": (False, False, False, False, "in_order"),
    "stranger": (False, None, True, None, "here_unknown_there"),
    "fresh_stranger": (False, None, None, None, "not_known"),
    "unassigned": (False, False, False, False, "here_not_assigned"),
    # Listed in SCIM, and not said to be active or inactive.
    "undecided": (None, None, False, None, "not_known"),
    "back": (False, False, False, False, "in_order"),
    "twin": (None, None, None, None, "ambiguous"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_flags_and_the_category_of_a_person(marts: Marts, name: str) -> None:
    [identity] = [row for row in marts.rows("identities", "idp_cases") if row["user_name"] == name]
    key = identity["identity_key"]
    review = by_key(marts.rows("access_review", "idp_cases"), "identity_key")[key,]
    row = by_key(marts.rows("idp_reconciliation", "idp_cases"), "identity_key")[key,]
    assert (*(review[flag] for flag in FLAGS), row["category"]) == CASES[name]
    assert review["match_is_ambiguous"] is (name == "twin"), "a match that is not made is to be settled"


def reasons_of(marts: Marts, account: str) -> dict[str, str]:
    names = {row["identity_key"]: row["user_name"] for row in marts.rows("identities", account)}
    return {names[row["identity_key"]]: row["reasons"] for row in marts.rows("access_review", account)}


def test_a_reason_names_the_source_since_when_and_its_evidence(marts: Marts, providers: Providers) -> None:
    now = providers.now

    def day(days_ago: int) -> str:
        return (now - timedelta(days=days_ago)).date().isoformat()

    told = {
        "left": f"left at cases on {day(0)} (status changed), still active in SCIM",
        "push_failed": f"cases could not take the account away on {day(5)} (event)",
        "sync_error": f"cases could not change the account, as of {day(0)} (sync state)",
        "stranger": f"unknown to cases as of {day(0)} (control total)",
        "dormant": f"has not signed in by cases since {day(100)} at least (whole log)",
        "signed_in_late": f"has not signed in by cases since {day(95)} (event)",
    }
    reasons = reasons_of(marts, "idp_cases")
    for name, reason in told.items():
        assert reasons[name].split("; ")[0] == reason
    hr = reasons_of(marts, "two_sources")["roster_only"]
    assert hr.startswith("left at hr on 2026-10-31 (roster), still active in SCIM")
    later = reasons_of(marts, "later_whole")["scim2"]
    days = [(now - timedelta(hours=hours)).date() for hours in (FIRST_LOAD, SECOND_LOAD)]
    assert later.startswith(
        f"left at okta between {days[0]} and {days[1]} (between loads), still active in SCIM"
    )


def test_a_service_account_is_in_no_flag_and_is_counted(marts: Marts) -> None:
    [identity] = [row for row in marts.rows("identities", "idp_cases") if row["user_name"] == "robot"]
    review = by_key(marts.rows("access_review", "idp_cases"), "identity_key")[identity["identity_key"],]
    assert {review[flag] for flag in FLAGS} == {None}
    rows = marts.rows("idp_reconciliation", "idp_cases")
    assert "id-robot" not in {row["idp_user_id"] for row in rows}
    load = by_key(marts.rows("idp_load_quality", "idp_cases"), "object")["users",]
    assert (load["service_accounts"], load["rows_left"]) == (1, 4)


def test_whoever_is_assigned_and_not_here_is_missing(marts: Marts) -> None:
    rows = by_key(marts.rows("idp_reconciliation", "idp_cases"), "idp_user_id")
    assert rows["id-missing",]["category"] == "assigned_missing_here"
    assert rows["id-missing",]["identity_key"] is None
    assert rows["id-assigned_late",]["category"] == "not_known", "they came after the last read of Freshsales"


def test_an_idp_and_a_roster_stand_side_by_side(marts: Marts) -> None:
    rows = {row["user_name"] or row["email"]: row for row in marts.rows("identities", "two_sources")}
    told = {
        name: (row["idp_status"], row["roster_status"], str(row["roster_left_on"]))
        for name, row in rows.items()
    }
    today = datetime.now(UTC).date()
    assert told["agreed"] == ("active", "active", "None")
    assert told["roster_only"] == ("active", "disabled", "2026-10-31")
    assert told["rehired"] == (None, "active", "None")
    assert told["unclear"] == ("active", None, "None")
    assert told["only.owner@x"] == ("active", None, "None")
    assert told["leaves_tomorrow"][:2] == (None, "active")
    assert told["leaves_today"][1] in {"disabled", "active"}, today


def test_one_source_that_says_left_is_enough_and_an_unclear_day_is_not(marts: Marts) -> None:
    names = {row["identity_key"]: row["user_name"] for row in marts.rows("identities", "two_sources")}
    flags = {
        names[row["identity_key"]]: row["has_left_still_active"]
        for row in marts.rows("access_review", "two_sources")
    }
    assert flags["roster_only"] is True
    assert flags["agreed"] is False
    assert flags["leaves_today"] is True
    assert flags["leaves_tomorrow"] is False


AT_TWO_IDPS: dict[str, tuple[bool | None, bool | None, bool | None]] = {
    "at_the_first": (False, False, True),
    "at_the_second": (False, False, None),
    "at_none": (False, True, None),
    "at_both": (False, False, None),
    "left_the_second": (True, False, None),
    "unclear_at_the_second": (None, False, None),
}


def flags_of(marts: Marts, account: str, name: str) -> tuple[bool | None, bool | None, bool | None]:
    [identity] = [row for row in marts.rows("identities", account) if row["user_name"] == name]
    row = by_key(marts.rows("access_review", account), "identity_key")[identity["identity_key"],]
    return row["has_left_still_active"], row["is_unknown_to_idp"], row["is_dormant"]


@pytest.mark.parametrize("name", AT_TWO_IDPS)
def test_of_two_providers_none_alone_says_that_somebody_did_nothing(marts: Marts, name: str) -> None:
    assert flags_of(marts, "two_idps", name) == AT_TWO_IDPS[name]


def test_nobody_is_unknown_or_dormant_if_one_of_two_lists_may_be_cut(marts: Marts) -> None:
    assert flags_of(marts, "two_idps_half", "at_none") == (False, None, None)
    assert flags_of(marts, "two_idps_half", "at_the_first") == (False, False, None)


def test_without_events_and_assignments_no_push_is_known(marts: Marts) -> None:
    known = {row["identity_key"] for row in marts.rows("identities", "two_sources") if row["idp_user_id"]}
    flags = [
        row["deprovisioning_failed"]
        for row in marts.rows("access_review", "two_sources")
        if row["identity_key"] in known
    ]
    assert flags
    assert set(flags) == {None}


def test_an_address_that_was_handed_on_does_not_hide_the_leaver(marts: Marts) -> None:
    first = {row["scim_user_id"]: row for row in marts.rows("identities", "handed_on", build=1)}
    assert first["s-old"]["idp_match_method"] == "app_user_id"
    last = {row["scim_user_id"]: row for row in marts.rows("identities", "handed_on")}
    old = last["s-old"]
    assert (old["idp_user_id"], old["idp_match_method"], old["idp_match_confidence"], old["idp_status"]) == (
        f"00u{1:017}",
        "earlier_match",
        "low",
        "disabled",
    )
    flags = by_key(marts.rows("access_review", "handed_on"), "identity_key")
    assert flags[old["identity_key"],]["has_left_still_active"] is True


def test_who_was_matched_by_an_address_that_was_handed_on_is_ambiguous(marts: Marts) -> None:
    first = {row["scim_user_id"]: row for row in marts.rows("identities", "handed_on", build=1)}
    assert (first["s-by-address"]["idp_user_id"], first["s-by-address"]["idp_match_method"]) == (
        f"00u{4:017}",
        "primary_email",
    )
    person = {row["scim_user_id"]: row for row in marts.rows("identities", "handed_on")}["s-by-address"]
    assert (person["idp_user_id"], person["idp_match_is_ambiguous"]) == (None, True)
    review = by_key(marts.rows("access_review", "handed_on"), "identity_key")[person["identity_key"],]
    assert {review[flag] for flag in FLAGS} == {None}
    assert review["match_is_ambiguous"] is True
    rows = by_key(marts.rows("idp_reconciliation", "handed_on"), "idp_user_id")
    assert {rows[f"00u{number:017}",]["category"] for number in (4, 5)} == {"ambiguous"}


def test_an_external_id_that_is_not_loaded_is_ambiguous(marts: Marts) -> None:
    lost = {row["scim_user_id"]: row for row in marts.rows("identities", "handed_on")}["s-lost"]
    assert (lost["idp_user_id"], lost["idp_match_is_ambiguous"]) == (None, True)
    flags = by_key(marts.rows("access_review", "handed_on"), "identity_key")[lost["identity_key"],]
    assert {flags[flag] for flag in FLAGS} == {None}


def people_of(marts: Marts, account: str, build: int) -> list[Row]:
    rows = marts.rows("identities", account, build)
    return [
        {**row, "is_present": {row["crm_status"], row["scim_status"]} & {"active", "inactive"}}
        for row in rows
    ]


@pytest.mark.parametrize("number", range(DIRECTORIES))
def test_the_matches_and_categories_of_random_directories(marts: Marts, number: int) -> None:
    account = f"provider{number}"
    history: list[tuple[int, Row, tuple[str, str]]] = []
    for build in (1, 2):
        directory = dict(random_directories(build))[account]
        here = dict(random_directories(1))[account]
        # Who is gone here is still in the tables, as the last run that saw them left them.
        known = type(directory)(here.owners, here.users, directory.idp_users, directory.assignments)
        people = people_of(marts, account, build)
        earlier: dict[str, tuple[str, str]] = {}
        for person in people:
            own = [
                (when, pair)
                for when, row, pair in history
                if (person["scim_user_id"] and row["scim_user_id"] == person["scim_user_id"])
                or (person["crm_owner_id"] is not None and row["crm_owner_id"] == person["crm_owner_id"])
            ]
            if own:
                earlier[person["identity_key"]] = min(own, key=lambda each: (-each[0], each[1][0]))[1]
        matched = match(people, known, earlier)
        told = {
            row["identity_key"]: (row["idp_user_id"], row["idp_match_method"])
            for row in people
            if row["idp_user_id"]
        }
        assert told == matched.found
        assert {row["identity_key"] for row in people if row["idp_match_is_ambiguous"]} == matched.tied_here
        assert all(row["idp_match_confidence"] == CONFIDENCE.get(row["idp_match_method"]) for row in people)
        rows = marts.builds[build - 1]["idp_reconciliation"]
        told_words = [
            (row["identity_key"], row["idp_user_id"], row["category"])
            for row in rows
            if row["account"] == account
        ]
        wanted = categories(people, known, matched, whole=is_whole(account))
        assert Counter(told_words) == Counter(wanted)
        for person in people:
            if pair := matched.found.get(person["identity_key"]):
                first = earlier[person["identity_key"]][1] if pair[1] == "earlier_match" else pair[1]
                history.append((build, person, (pair[0], first)))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_bounds_of_every_leave_are_those_of_the_reads(marts: Marts, account: str) -> None:
    people = {row["email"]: row["identity_key"] for row in marts.rows("identities", account)}
    rows = {row["identity_key"]: row for row in marts.rows("deprovisioning", account)}
    wanted = {}
    for one in leavers(account):
        key = people.get(f"{one.name}@x")
        if key and (leave := expected(account, one)):
            wanted[key] = leave
    assert rows.keys() == wanted.keys()
    for key, leave in wanted.items():
        told = {name: rows[key][name] for name in leave}
        for name in ("lag_at_least_hours", "lag_at_most_hours"):
            value = leave[name]
            leave[name] = None if value is None else Decimal(value).quantize(Decimal("0.000001"))
        assert told == leave


def test_the_limit_is_met_missed_not_known_or_not_seen(marts: Marts) -> None:
    rows = [row for account in ACCOUNTS for row in marts.rows("deprovisioning", account)]
    assert {row["sla"] for row in rows} == {"met", "missed", "not_known", "not_seen"}


def leaves_of_cases(marts: Marts) -> dict[str, Row]:
    names = {row["identity_key"]: row["user_name"] for row in marts.rows("identities", "idp_cases")}
    return {names[row["identity_key"]]: row for row in marts.rows("deprovisioning", "idp_cases")}


def test_a_leave_of_this_hour_is_open_and_has_its_push(marts: Marts) -> None:
    row = leaves_of_cases(marts)["left"]
    assert (row["sla"], row["lag_at_least_hours"], row["lag_at_most_hours"]) == ("open", 0, None)
    assert (row["push_at"], row["push_result"]) == (row["left_by"], "SUCCESS")


def test_a_leave_that_has_ended_is_not_open(marts: Marts) -> None:
    assert leaves_of_cases(marts)["back"]["sla"] == "not_known"


def test_no_service_account_and_no_failed_event_is_a_leave(marts: Marts) -> None:
    assert leaves_of_cases(marts).keys() == {"left", "left_off", "back"}


def test_the_timeline_has_exact_events_and_changes_between_reads(marts: Marts) -> None:
    rows = marts.rows("identity_timeline", "leaving_a")
    assert {row["origin"] for row in rows} == {"freshsales", "leaving"}
    for row in rows:
        if row["origin"] == "freshsales":
            assert row["happened_after"] < row["happened_at"]
        else:
            assert row["happened_after"] == row["happened_at"]
    assert len({row["event_key"] for row in rows}) == len(rows)


def told_of(marts: Marts, account: str, build: int = BUILDS) -> dict[str, tuple[Any, ...]]:
    """Return of each SCIM user the status there, whether they have left and are in, and the category."""
    identities = by_key(marts.rows("identities", account, build), "identity_key")
    flags = by_key(marts.rows("access_review", account, build), "identity_key")
    return {
        identities[row["identity_key"],]["scim_user_id"]: (
            row["idp_status"],
            flags[row["identity_key"],]["has_left_still_active"],
            row["category"],
        )
        for row in marts.rows("idp_reconciliation", account, build)
        if row["identity_key"]
    }


def test_the_mark_of_a_loader_makes_no_leaver(marts: Marts) -> None:
    assert told_of(marts, "marked") == {
        "scim1": ("deleted", None, "not_known"),
        "scim2": ("deleted", True, "left_still_in"),
        "scim3": ("active", False, "not_known"),
    }
    assert marts.rows("stg_idp__app_assignments", "marked") == []


def test_a_log_that_is_too_short_tells_of_nobody_that_they_are_dormant(marts: Marts) -> None:
    rows = {row["email"]: row["is_dormant"] for row in marts.rows("access_review", "short_log")}
    assert rows == {"silent@x": None, "signed_in@x": False}
    load = by_key(marts.rows("idp_load_quality", "short_log"), "object")["events",]
    assert load["absence_counts"] is True


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("whole", ("deleted", True, "left_still_in")),
        ("half", ("active", False, "not_known")),
        ("killed", ("active", False, "not_known")),
    ],
)
def test_only_a_later_whole_receipt_tells_that_somebody_is_deleted(
    marts: Marts, name: str, second: tuple[Any, ...]
) -> None:
    account = f"later_{name}"
    assert told_of(marts, account, 1)["scim2"] == ("active", False, "not_known")
    assert told_of(marts, account)["scim2"] == second
    leaves = marts.rows("deprovisioning", account)
    assert [row["left_evidence"] for row in leaves] == (["between_loads"] if name == "whole" else [])
    for leave in leaves:
        hours = (leave["left_by"] - leave["left_after"]).total_seconds() / 3600
        assert hours == FIRST_LOAD - SECOND_LOAD


def test_many_who_are_missing_all_of_a_sudden_have_not_left_yet(marts: Marts) -> None:
    held_back = []
    for build, gone in ((1, 0), (2, 0), (3, 6)):
        told = told_of(marts, "mass_departure", build)
        assert sum(status == "deleted" for status, *_ in told.values()) == gone
        assert sum(has_left is True for _, has_left, _ in told.values()) == gone
        [load] = [
            row
            for row in marts.rows("idp_load_quality", "mass_departure", build)
            if row["rows_left"] is not None
        ]
        assert load["absence_counts"] is True
        held_back.append(load["held_back_load_id"] is not None)
    assert held_back == [False, True, False]


@pytest.mark.parametrize(
    ("name", "counts", "people"),
    [
        ("whole", True, {"u2": ("deleted", True), "u3": (None, False)}),
        # The second file is not proven whole, or has not come as it was checked: the first one still counts.
        ("unproven", True, {"u2": ("active", False), "u3": (None, False)}),
        ("lossy", True, {"u2": ("active", False), "u3": (None, False)}),
        ("others", True, {"u2": ("active", False), "u3": (None, False)}),
        ("killed", True, {"u2": ("active", False), "u3": (None, False)}),
        # What was loaded before there were receipts is not on the whole list either.
        ("older", True, {"u2": ("deleted", True), "u3": (None, False)}),
    ],
)
def test_a_roster_proves_who_is_not_on_it_by_its_receipt(
    marts: Marts, name: str, counts: bool, people: dict[str, tuple[str | None, bool | None]]
) -> None:
    account = f"roster_{name}"
    [load] = marts.rows("idp_load_quality", account)
    assert (load["absence_counts"], load["absence_evidence"]) == (counts, "receipt")
    told = told_of(marts, account)
    assert {one: told[one][:2] for one in people} == people
    assert told["u1"] == ("active", False, "in_order")
    assert told["u3"][2] == "here_unknown_there"
    assert by_key(marts.rows("idp_load_quality", account, 1), "object")["users",]["absence_counts"] is (
        name != "older"
    )


def test_each_rung_that_matched_is_counted(marts: Marts) -> None:
    told: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for number in range(DIRECTORIES):
        account = f"provider{number}"
        load = by_key(marts.rows("idp_load_quality", account), "object")["users",]
        told += Counter(
            {
                name.removeprefix("matched_by_"): n
                for name, n in load.items()
                if name.startswith("matched_by_")
            }
        )
        wanted += Counter(
            row["idp_match_method"] for row in marts.rows("identities", account) if row["idp_match_method"]
        )
    assert told == wanted
    assert len(wanted) == len(CONFIDENCE)
    assert len(marts.builds) == BUILDS
