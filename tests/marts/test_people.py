"""What is said of one person, held against rules that are written down here once more."""

from typing import Any

import pytest

from tests.marts.conftest import Marts
from tests.marts.scenarios_of_people import ROLES, STANDINGS

# What lets somebody in, as far as is known.
IN = ("active", "unknown")


def standing(marts: Marts, mart: str, account: str, crm: str | None, scim: str | None) -> dict[str, Any]:
    [row] = [row for row in marts.rows(mart, account) if row["email"] == f"{crm}.{scim}@x".lower()]
    return row


def status_by_hand(crm: str | None, scim: str | None) -> str:
    if scim in ("gone", "inactive"):
        return {"gone": "removed", "inactive": "deactivated"}[scim]
    if scim is None:
        return {"gone": "removed", "inactive": "deactivated"}.get(str(crm), "unmanaged")
    if crm in (None, "gone"):
        return "not_an_owner"
    if crm == "inactive":
        return "inactive_in_crm"
    return "active" if "active" in (crm, scim) else "unknown"


@pytest.mark.parametrize(("crm", "scim"), STANDINGS)
def test_the_status_is_made_of_both_sides(marts: Marts, crm: str | None, scim: str | None) -> None:
    assert standing(marts, "identities", "standings", crm, scim)["status"] == status_by_hand(crm, scim)


@pytest.mark.parametrize(("crm", "scim"), STANDINGS)
def test_an_orphan_is_active_in_the_crm_and_gone_or_inactive_in_scim(
    marts: Marts, crm: str | None, scim: str | None
) -> None:
    expected: bool | None = scim in ("gone", "inactive") and crm == "active"
    if scim in ("gone", "inactive") and crm == "unknown":
        expected = None
    row = standing(marts, "access_review", "standings", crm, scim)
    assert row["is_orphaned_owner"] is expected


@pytest.mark.parametrize(("crm", "scim"), STANDINGS)
def test_only_an_active_owner_can_sign_in_past_sso(marts: Marts, crm: str | None, scim: str | None) -> None:
    expected: bool | None = scim is None and crm == "active"
    if scim is None and crm == "unknown":
        expected = None
    assert standing(marts, "access_review", "standings", crm, scim)["is_unmanaged"] is expected


@pytest.mark.parametrize(("crm", "scim"), STANDINGS)
def test_an_administrator_can_use_the_role(marts: Marts, crm: str | None, scim: str | None) -> None:
    row = standing(marts, "access_review", "standings", crm, scim)
    assert row["is_admin"] is (crm in IN or scim in IN)


@pytest.mark.parametrize(("crm", "scim"), STANDINGS)
def test_scim_flags_are_raised_for_whom_scim_lets_in(marts: Marts, crm: str | None, scim: str | None) -> None:
    row = standing(marts, "access_review", "standings", crm, scim)
    expected = None if scim is None else scim in IN
    assert (row["has_no_manager"], row["has_no_group"]) == (expected, expected)


@pytest.mark.parametrize("account", ["standings", "standings_crm", "standings_scim"])
def test_nobody_whom_no_side_lets_in_has_a_score(marts: Marts, account: str) -> None:
    locked_out = [
        row
        for row in marts.rows("identities", account)
        if row["crm_status"] not in IN and row["scim_status"] not in IN
    ]
    assert locked_out
    keys = {row["identity_key"] for row in locked_out}
    review = [row for row in marts.rows("access_review", account) if row["identity_key"] in keys]
    assert {(row["risk_score"], row["reasons"]) for row in review} == {(0, None)}


@pytest.mark.parametrize("account", ["standings_crm", "standings_scim"])
def test_of_one_side_alone_no_absence_is_told(marts: Marts, account: str) -> None:
    review = marts.rows("access_review", account)
    assert {(row["is_orphaned_owner"], row["is_unmanaged"]) for row in review} == {(None, None)}
    assert {row["status"] for row in review} == {"active", "deactivated", "removed", "unknown"}


@pytest.mark.parametrize(
    ("name", "manager", "is_gone", "has_none"),
    [
        ("id", "boss", False, False),
        ("id_with_spaces", "boss", False, False),
        ("user_name", "boss", False, False),
        ("primary", "boss", False, False),
        ("alias", "boss", False, False),
        ("display", "boss", False, False),
        ("nobody", None, None, False),
        ("several", None, None, False),
        ("gone_by_address", "former", True, False),
        ("gone_by_id", "former", True, False),
        ("unheard_of", "ghost", True, False),
        ("empty", None, False, True),
        ("blank", None, False, True),
        ("by_name", None, None, False),
        ("namesake", "boss2", False, False),
    ],
)
def test_a_manager_is_whom_the_value_stands_for(
    marts: Marts, name: str, manager: str | None, is_gone: bool | None, has_none: bool
) -> None:
    [identity] = [row for row in marts.rows("identities", "managers") if row["scim_user_id"] == name]
    key = identity["identity_key"]
    assert identity["manager_scim_user_id"] == manager
    [row] = [row for row in marts.rows("access_review", "managers") if row["identity_key"] == key]
    assert (row["manager_is_gone"], row["has_no_manager"]) == (is_gone, has_none)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("dan", "Dan Eriksen"),
        ("eva", "Eva Lund"),
        ("only", "only@x"),
        ("given", "Of SCIM"),
        ("login", "Of the CRM"),
        ("nick", "Nick"),
        ("alone", "alone@x"),
    ],
)
def test_a_login_is_a_name_only_where_nothing_else_is(marts: Marts, user: str, name: str) -> None:
    [row] = [row for row in marts.rows("identities", "names") if row["scim_user_id"] == user]
    assert row["display_name"] == name


def test_a_manager_is_called_by_name_too(marts: Marts) -> None:
    [row] = [row for row in marts.rows("identities", "names") if row["scim_user_id"] == "led"]
    assert row["manager_name"] == "Dan Eriksen"


@pytest.mark.parametrize("account", ["role_names", "scim_role_names"])
def test_a_role_is_an_administrators_by_whole_words(marts: Marts, account: str) -> None:
    review = {row["email"]: row["is_admin"] for row in marts.rows("access_review", account)}
    numbers = {name: f"{number}@x" for number, name in enumerate(ROLES, 1)}
    found = {name: review[numbers[name]] for name in ROLES if numbers[name] in review}
    assert found == {name: is_admin for name, is_admin in ROLES.items() if name in found}
    assert len(found) >= len(ROLES) - 1


@pytest.mark.parametrize("account", ["id_spaces_said", "id_spaces_unsaid"])
def test_an_id_that_a_user_and_a_group_share_gives_no_access(marts: Marts, account: str) -> None:
    users = {row["identity_key"]: row["scim_user_id"] for row in marts.rows("identities", account)}
    assert {
        (users[row["identity_key"]], row["resource_id"], row["granted_via_id"])
        for row in marts.rows("identity_entitlements", account)
    } == {("2", "1", None), ("3", "2", None), ("4", "g", None), ("4", "1", "g")}


@pytest.mark.parametrize(("account", "settled"), [("id_spaces_said", 0), ("id_spaces_unsaid", 1)])
def test_members_that_could_be_either_are_counted(marts: Marts, account: str, settled: int) -> None:
    quality = {row["stream"]: row["members_of_either_kind"] for row in marts.rows("data_quality", account)}
    assert quality == {"scim_users": None, "scim_groups": None, "scim_group_members": settled}


def test_attributes_in_another_letter_case_are_read(marts: Marts) -> None:
    [row] = marts.rows("access_review", "spelling")
    assert row["is_admin"] is True
    assert {
        (row["resource_type"], row["resource_id"], row["resource_name"])
        for row in marts.rows("identity_entitlements", "spelling")
    } == {
        ("scim_role", "Administrator", "The Administrator"),
        ("scim_entitlement", "export", "export"),
    }
    [identity] = marts.rows("identities", "spelling")
    assert (identity["crm_owner_id"], identity["match_method"]) == (1, "any_email")


def test_what_a_server_answers_is_told_right_in_the_marts(marts: Marts) -> None:
    people = {row["scim_user_id"]: row for row in marts.rows("identities", "as_served")}
    review = {row["identity_key"]: row for row in marts.rows("access_review", "as_served")}
    flags = {name: review[row["identity_key"]] for name, row in people.items()}
    assert people["1"]["display_name"] == "Dan Eriksen"
    assert (people["2"]["email"], flags["2"]["is_admin"]) == ("x2@corp.example", True)
    assert {
        name: (people[name]["manager_name"], flags[name]["manager_is_gone"], flags[name]["has_no_manager"])
        for name in people
        if name.startswith("by_")
    } == {
        "by_reference": ("Dan Eriksen", False, False),
        "by_empty_value": ("Dan Eriksen", False, False),
        "by_address": ("Dan Eriksen", False, False),
        "by_strange_address": ("stranger@x.example", None, False),
        "by_nothing": (None, False, True),
    }
    names = {row["identity_key"]: name for name, row in people.items()}
    assert {
        (names[row["identity_key"]], row["resource_id"], row["granted_via_id"])
        for row in marts.rows("identity_entitlements", "as_served")
        if row["resource_type"] == "scim_group"
    } == {("2", "1", None), ("3", "2", None)}


@pytest.mark.parametrize(
    ("number", "names", "is_admin"),
    [
        (1, ["Admin", "Sales User"], True),
        (2, ["Administrator", "Sales User"], True),
        (3, ["8", "Sales User"], None),
        (4, ["Sales User"], False),
        (5, ["Admin"], True),
        (6, [], None),
    ],
)
def test_every_role_of_an_owner_counts(
    marts: Marts, number: int, names: list[str], is_admin: bool | None
) -> None:
    [person] = [row for row in marts.rows("identities", "several_roles") if row["crm_owner_id"] == number]
    key = person["identity_key"]
    held = [row for row in marts.rows("identity_entitlements", "several_roles") if row["identity_key"] == key]
    assert sorted(row["resource_name"] for row in held) == names
    assert person["crm_role"] == (", ".join(name for name in names if name != "8") or None)
    [row] = [row for row in marts.rows("access_review", "several_roles") if row["identity_key"] == key]
    assert row["is_admin"] is is_admin
