"""Names of SCIM resources: the RFC's spelling and place, whatever a server makes of them; nothing lost."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_freshsales_users.records.spelling import ENTERPRISE_USER, RESOURCE, spell_resource

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
OLD_ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
MULTI_VALUED = [
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "roles",
    "entitlements",
    "members",
]


def spelled(resource: Any) -> Any:
    return spell_resource(deepcopy(resource))


def recased(value: Any, draw: Any, known: Any = RESOURCE) -> Any:
    """The same with every known name in another letter case."""
    if isinstance(value, list):
        return [recased(item, draw, known) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, item in value.items():
        change = draw(st.sampled_from([str, str.lower, str.upper, str.title, str.swapcase]))
        made[change(name) if name in known else name] = recased(item, draw, known.get(name, {}))
    return made


USER = {
    "schemas": [CORE, ENTERPRISE_USER],
    "id": "u2",
    "userName": "x2@corp.example",
    "name": {"givenName": "X", "middleName": "Y", "Nickname": "unknown to the RFC"},
    "emails": [
        {"value": "x2@corp.example", "primary": True, "verifiedAt": {"Value": "as it came"}},
        "bare@x.example",
    ],
    "phoneNumbers": [{"value": "1", "type": "work"}],
    "addresses": [{"streetAddress": "1 Road", "postalCode": "1", "primary": False}],
    "groups": [{"value": "g1", "$ref": "https://x.example/Groups/g1", "display": "All", "type": "direct"}],
    "roles": [{"value": "Administrator", "display": "Admin"}],
    "entitlements": [{"value": "seat"}],
    "members": [{"value": "u1", "$ref": "../Users/u1", "type": "User"}],
    "meta": {"created": "2026-01-31T00:00:00Z", "location": "/Users/u2"},
    "urn:example:Extension": {"Value": 1, "value": 2},
    ENTERPRISE_USER: {
        "department": "Sales",
        "manager": {"value": "u1", "displayName": "Boss", "$ref": "../Users/u1"},
    },
}


@given(st.data())
def test_any_letter_case_at_every_depth_is_the_rfcs(data: st.DataObject) -> None:
    assert spelled(recased(USER, data.draw)) == USER


def test_a_resource_in_the_rfcs_spelling_stays_the_very_same() -> None:
    resource = deepcopy(USER)
    assert spell_resource(resource) is resource
    assert resource == USER


@pytest.mark.parametrize("value", [None, 1, "x", [], [{"ID": 1}], True])
def test_what_is_no_resource_stays_as_it_came(value: Any) -> None:
    assert spelled(value) == value


@given(st.permutations(["value", "Value", "VALUE", "vALUE"]), st.integers(2, 4))
def test_the_first_of_several_spellings_counts_and_none_is_lost(names: list[str], count: int) -> None:
    element = {name: place for place, name in enumerate(names[:count])}
    for holder in MULTI_VALUED:
        [made] = spelled({"id": "1", holder: [element]})[holder]
        assert made["value"] == 0
        assert sorted(made.values()) == list(range(count))


def test_a_null_is_no_spelling_that_counts() -> None:
    assert spelled({"TITLE": None, "title": "Boss"}) == {"title": "Boss"}
    assert spelled({"title": None}) == {"title": None}


# -- the enterprise extension by its other names

ENTERPRISE = {"department": "Sales", "costCenter": "7", "manager": {"value": "u1", "displayName": "Boss"}}
FLAT = {
    "department": "Sales",
    "costCenter": "7",
    "manager.value": "u1",
    "manager.displayName": "Boss",
}
CASES = [ENTERPRISE_USER, ENTERPRISE_USER.lower(), ENTERPRISE_USER.upper()]
URNS = [*CASES, OLD_ENTERPRISE, f"{OLD_ENTERPRISE}:User"]


@pytest.mark.parametrize("urn", URNS)
def test_the_extension_is_known_by_any_of_its_urns(urn: str) -> None:
    assert spelled({"id": "1", urn: ENTERPRISE}) == {"id": "1", ENTERPRISE_USER: ENTERPRISE}


@pytest.mark.parametrize("urn", URNS)
@pytest.mark.parametrize("separator", [":", "."])
def test_flat_keys_of_the_extension_are_the_extension(urn: str, separator: str) -> None:
    flat = {f"{urn}{separator}{name}": value for name, value in FLAT.items()}
    assert spelled({"id": "1", **flat}) == {"id": "1", ENTERPRISE_USER: ENTERPRISE}


def test_a_manager_of_scim_1_is_a_manager() -> None:
    old = {OLD_ENTERPRISE: {"manager": {"managerId": "u1", "displayName": "Boss"}}}
    assert spelled(old) == {ENTERPRISE_USER: {"manager": {"value": "u1", "displayName": "Boss"}}}


@pytest.mark.parametrize(
    "resource",
    [
        {"id": "1", CORE: {"userName": "x", "name": {"givenName": "X"}}},
        {"id": "1", f"{CORE}:userName": "x", f"{CORE}:name.givenName": "X"},
        {"id": "1", CORE.lower(): {"USERNAME": "x"}, "name": {"givenName": "X"}},
    ],
)
def test_core_attributes_behind_their_urn_are_core_attributes(resource: dict[str, Any]) -> None:
    assert spelled(resource) == {"id": "1", "userName": "x", "name": {"givenName": "X"}}


@given(
    st.permutations([*CASES, OLD_ENTERPRISE, f"{ENTERPRISE_USER}:department"]),
    st.integers(1, 5),
)
def test_of_two_places_of_one_attribute_nothing_is_lost(keys: list[str], count: int) -> None:
    resource: dict[str, Any] = {}
    for place, key in enumerate(keys[:count]):
        resource[key] = f"value-{place}" if key.endswith(":department") else {"department": f"value-{place}"}
    made = spelled({"id": "1", **resource})
    assert made[ENTERPRISE_USER]["department"] == "value-0"
    written = json.dumps(made)
    assert all(written.count(f'"value-{place}"') == 1 for place in range(count))


@pytest.mark.parametrize(
    "key", ["urn:example:x:2.0:User", f"{CORE}s", "urn:", "URN:ietf", f"{ENTERPRISE_USER}x:department"]
)
def test_an_extension_nobody_knows_stays_under_its_urn(key: str) -> None:
    assert spelled({"id": "1", key: {"Department": "Sales"}}) == {"id": "1", key: {"Department": "Sales"}}


def test_an_extension_that_is_no_object_stays_as_it_came() -> None:
    assert spelled({OLD_ENTERPRISE: "x", CORE: ["y"]}) == {OLD_ENTERPRISE: "x", CORE: ["y"]}
