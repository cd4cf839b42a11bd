"""Raw items -> records: nothing that came is lost, whatever came."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import LEFT_OUT, PLAIN, USER_PATHS
from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, MAX_PLANS, Shaper
from tap_freshsales_users.records.spelling import ENTERPRISE_USER, spell_resource
from tests.tap.running import run_tap

Raw = dict[str, Any]

SCHEMA: dict[str, Raw] = load_schema("scim_users")["properties"]
OWNERS: dict[str, Raw] = load_schema("owners")["properties"]
MADE_HERE = {"account", "sync_id", ADDITIONAL_ATTRIBUTES}
CONSTANTS = {"account": "acme.myfreshworks.com", "sync_id": "a-run"}

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**65), 2**65),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.sampled_from(["True", "17", "2026-01-31T01:30:00+02:00", "2026-01-31T00:00:00Z", 1769817600]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=3,
)


def names(known: list[str]) -> st.SearchStrategy[str]:
    """Known names in any letter case, and unknown ones."""
    cased = st.sampled_from(known).flatmap(lambda n: st.sampled_from([n, n.lower(), n.upper(), n.title()]))
    return st.one_of(cased, st.text("xyz", min_size=1, max_size=3))


def objects(known: list[str], **children: st.SearchStrategy[Any]) -> st.SearchStrategy[Raw]:
    plain = st.dictionaries(names(known), VALUES, max_size=6)
    return st.tuples(plain, st.fixed_dictionaries({}, optional=children)).map(lambda both: both[0] | both[1])


TOP = [path[0] for path in USER_PATHS.values() if len(path) == 1]
USERS = objects(
    [*TOP, "name", "meta"],
    name=st.one_of(VALUES, objects(["givenName", "familyName", "formatted", "middleName"])),
    meta=st.one_of(VALUES, objects(["created", "lastModified", "location", "version", "resourceType"])),
    **{
        ENTERPRISE_USER: st.one_of(
            VALUES,
            objects(
                ["employeeNumber", "costCenter", "organization", "division", "department"],
                manager=st.one_of(VALUES, objects(["value", "displayName", "$ref"])),
            ),
        )
    },
)


def user_shaper(properties: Mapping[str, Raw] = SCHEMA, **more: Any) -> Shaper:
    return Shaper(
        properties,
        CONSTANTS,
        paths=USER_PATHS,
        left_out=LEFT_OUT,
        plain={(*path,): column for path, column in PLAIN.items()},
        **more,
    )


def shaped(raw: Raw, shaper: Shaper | None = None) -> Raw:
    """As a stream does it: the names first, then the columns."""
    return (shaper or user_shaper()).shape(spell_resource(deepcopy(raw)))


def leaves(raw: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a raw item says, by its path; objects are gone into only where columns come from them."""
    inner = {p[: len(path) + 1] for p in lowered(USER_PATHS.values()) if len(p) > len(path) + 1}
    seen = set()
    for name, value in raw.items():
        here = (*path, name)
        folded = tuple(part.lower() for part in here)
        if isinstance(value, dict) and folded in inner and folded not in seen:
            yield from leaves(value, here)
        elif value is not None:
            yield here, value
        if value is not None:  # of two spellings, the first one that is not null counts
            seen.add(folded)


def lowered(paths: Any) -> set[tuple[str, ...]]:
    return {tuple(part.lower() for part in path) for path in paths}


def holds(value: Any, path: tuple[str, ...], wanted: Any) -> bool:
    """Whether the wanted value stands at a path, in whatever letter case the names are."""
    if not path:
        return bool(value == wanted)
    return isinstance(value, dict) and any(
        holds(inner, path[1:], wanted) for name, inner in value.items() if name.lower() == path[0].lower()
    )


def says_the_same(column: Raw, value: Any, made: Any) -> bool:
    """Whether a column's value is the raw one in another type."""
    if made is None:
        return False
    if column.get("format") == "date-time":
        if isinstance(value, str) and not value.isdigit():
            return datetime.fromisoformat(value.strip().replace("UTC", "Z")) == datetime.fromisoformat(made)
        return abs(datetime.fromisoformat(made).timestamp() - seconds(value)) < 1
    if "array" in column["type"]:
        return bool(
            made == [item for item in (value if isinstance(value, list) else [value]) if item_is_one(item)]
        )
    if "boolean" in column["type"]:
        return str(value).strip().lower() in {True: ("true", "1"), False: ("false", "0")}[made]
    if "integer" in column["type"]:
        return bool(int(value) == made)
    return bool(made == value or json.loads(made) == value)


def item_is_one(item: Any) -> bool:
    if isinstance(item, bool) or item is None:
        return False
    return bool(item.strip()) if isinstance(item, str) else not isinstance(item, list)


def seconds(value: Any) -> float:
    return float(value) / (1000 if abs(float(value)) >= 10**11 else 1)


@given(USERS)
@example({"NAME": None, "name": {}})
@example({"NAME": None, "name": {"givenName": "a", "GIVENNAME": "b"}})
def test_every_value_is_in_its_column_or_in_additional_attributes(raw: Raw) -> None:
    record = shaped(raw)
    columns = {tuple(part.lower() for part in path): column for column, path in USER_PATHS.items()}
    others = record[ADDITIONAL_ATTRIBUTES] or {}
    for path, value in leaves(raw):
        folded = tuple(part.lower() for part in path)
        if folded in lowered(LEFT_OUT):
            continue
        if folded == (ENTERPRISE_USER.lower(), "manager"):
            folded = (*folded, "value")
        column = columns.get(folded)
        made = None if column is None else record[column]
        assert holds(others, path, value) or (
            column is not None and says_the_same(SCHEMA[column], value, made)
        ), path


@given(USERS)
def test_a_record_of_a_user_has_every_column_and_each_is_of_its_type(raw: Raw) -> None:
    record = shaped(raw)
    assert list(record) == list(SCHEMA)
    kinds = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    for name, value in record.items():
        if value is not None:
            assert type(value) is kinds[SCHEMA[name]["type"][0]]
        if value is not None and SCHEMA[name].get("format") == "date-time":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)


@given(st.lists(USERS, max_size=6))
def test_what_was_shaped_before_changes_nothing(raws: list[Raw]) -> None:
    one = user_shaper()
    assert [shaped(raw, one) for raw in raws] == [shaped(raw) for raw in raws]


@given(USERS)
def test_a_raw_item_is_left_as_it_was(raw: Raw) -> None:
    before = json.dumps(raw)
    user_shaper().shape(raw)
    assert json.dumps(raw) == before


@given(st.dictionaries(names(list(OWNERS)), VALUES, max_size=8))
def test_every_value_of_an_owner_is_kept_by_its_exact_name(raw: Raw) -> None:
    paths = {name: (name,) for name in OWNERS if name not in MADE_HERE}
    record = Shaper(OWNERS, CONSTANTS, paths=paths).shape(raw)
    others = record[ADDITIONAL_ATTRIBUTES] or {}
    for name, value in raw.items():
        if value is not None:
            kept = name in others and others[name] == value
            assert kept or says_the_same(OWNERS[name], value, record[name])


@given(st.lists(st.sampled_from(["", " ", "\t\n", "\u3000", "a", " a "]) | st.text(max_size=3), max_size=6))
def test_blank_texts_are_dropped_from_a_list_of_texts(texts: list[str]) -> None:
    shaper = user_shaper()
    record = shaper.shape({"emails": texts})
    assert record["emails"] == [text for text in texts if text.strip()]
    assert shaper.dropped_elements == len(texts) - len(record["emails"])


def test_constants_are_not_taken_from_an_item() -> None:
    record = user_shaper().shape({"id": "1", "account": "evil", "sync_id": "x", "additional_attributes": 3})
    assert (record["account"], record["sync_id"]) == ("acme.myfreshworks.com", "a-run")
    assert record[ADDITIONAL_ATTRIBUTES] == {"account": "evil", "sync_id": "x", "additional_attributes": 3}


def test_of_two_names_that_differ_in_case_the_first_counts() -> None:
    record = shaped({"id": "1", "title": "Boss", "TITLE": "Clerk"})
    assert record["title"] == "Boss"
    assert record[ADDITIONAL_ATTRIBUTES] == {"TITLE": "Clerk"}


def test_a_password_is_never_stored() -> None:
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    places = {"password": "hunter1", "Password": "hunter2", f"{core}:PASSWORD": "hunter3"}
    record = shaped({"id": "1", **places, core: {"password": "hunter4", "title": "Boss"}})
    assert "hunter" not in json.dumps(record)
    assert record["title"] == "Boss"


def test_a_column_that_is_not_selected_takes_its_values_with_it() -> None:
    chosen = {name: column for name, column in SCHEMA.items() if name not in {"title", "manager_id"}}
    raw = {"id": "1", "title": "Boss", "nickName": "B", ENTERPRISE_USER: {"manager": "7"}}
    record = user_shaper(chosen).shape(raw)
    assert "title" not in record
    assert record["nick_name"] == "B"
    assert record[ADDITIONAL_ATTRIBUTES] is None


def test_conversions_and_failures_are_counted() -> None:
    failures: list[str] = []
    shaper = user_shaper(on_failure=failures.append)
    shaper.shape({"id": 1, "active": "True", "title": "Boss", "meta": {"created": "2026-01-31T00:00:00Z"}})
    assert (shaper.coercions, shaper.coercion_failures) == (2, 0)
    record = shaper.shape({"id": "2", "active": "perhaps", "meta": {"created": "once"}})
    assert (shaper.coercions, shaper.coercion_failures) == (2, 2)
    assert failures == ["active", "created_at"]
    assert record[ADDITIONAL_ATTRIBUTES] == {"active": "perhaps", "meta": {"created": "once"}}


def test_a_server_that_makes_names_up_costs_no_memory_without_end() -> None:
    shaper = user_shaper()
    for number in range(3 * MAX_PLANS):
        shaper.shape({"id": "1", f"made_up_{number}": number})
    assert len(shaper._root.plans) <= MAX_PLANS  # noqa: SLF001


def test_a_column_that_does_not_take_its_values_is_warned_about_once(tmp_path: Path) -> None:
    with Sandbox(people=40, quota=None) as sandbox:
        for person in sandbox.directory.people:
            person.role_id = "no number"  # type: ignore[assignment]
            person.time_zone = {"name": "Arizona"}  # type: ignore[assignment]
            person.language = 7  # type: ignore[assignment]
        outcome = run_tap({**sandbox.config, "page_size": 10}, tmp_path)
    assert outcome.exit_code == 0
    owners = outcome.records["owners"]
    assert len(owners) > 20
    for column in ("role_id", "time_zone"):
        assert outcome.log.count(f"Column {column} of owners: a value has another type than the column") == 1
        assert {record[column] for record in owners} == {None}
    assert {record["language"] for record in owners} == {"7"}
    expected = {"role_id": "no number", "time_zone": {"name": "Arizona"}}
    assert all(record[ADDITIONAL_ATTRIBUTES] == expected for record in owners)
    receipt = outcome.receipt("owners")
    assert (receipt["coercions"], receipt["coercion_failures"]) == (len(owners), 2 * len(owners))


@pytest.mark.parametrize("crm_id", [2**53 + 1, 70_000_000_000_123_457, 2**63 - 1])
def test_ids_of_64_bits_come_through_to_the_digit(crm_id: int, tmp_path: Path) -> None:
    with Sandbox(people=12, quota=None) as sandbox:
        owner = next(p for p in sandbox.directory.owners() if p is not sandbox.directory.key_owner)
        owner.crm_id = crm_id
        outcome = run_tap(sandbox.config, tmp_path)
    assert (crm_id,) in outcome.keys("owners")
    assert f'"id":{crm_id},' in outcome.output.replace(" ", "")
