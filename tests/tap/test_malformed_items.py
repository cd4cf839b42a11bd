"""Items that no documentation knows, over real HTTP: each person once, and each record loadable."""

import hashlib
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR
from werkzeug import Request, Response

from tap_freshsales_users.records.schemas import load_schema
from tap_freshsales_users.records.scim import GROUP_PATHS, MEMBER_PATHS, USER_PATHS
from tap_freshsales_users.records.spelling import ENTERPRISE_USER
from tests.tap.answering import AnsweringServer
from tests.tap.running import Outcome, run_tap

Item = dict[str, Any]

REST_LISTS = {"owners": "users", "roles": "roles", "territories": "territories", "teams": "teams"}
STREAMS = [*REST_LISTS, "profile", "scim_users", "scim_groups", "scim_group_members", "sync_receipts"]
VALIDATORS = {name: DEFAULT_JSONSCHEMA_VALIDATOR(load_schema(name)) for name in STREAMS}


def nested(depth: int) -> Any:
    value: Any = "deep"
    for level in range(depth):
        value = {"value": value} if level % 2 else [value]
    return value


ODD_TEXTS = [
    "",
    "  ",
    "\0",
    "a\0b",
    "\ud83d",
    "a\nb",
    "a\tb",
    "a\rb",
    "True",
    "17",
    "2026-01-31T00:00:00+02:00",
]
ODD_NUMBERS = [0, -0.0, 1.5, 2026, 10**25, -(2**63) - 1, 2**64, 2**63, 1769817600, 1e300]
VALUES = st.recursive(
    st.sampled_from([None, True, False, nested(60), nested(300), *ODD_TEXTS, *ODD_NUMBERS]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["value", "Value", "$ref", "type", "id", "name", "x\0"]), inner, max_size=3
        ),
    ),
    max_leaves=4,
)


def items(ids: st.SearchStrategy[Any], names: list[str]) -> st.SearchStrategy[list[Item]]:
    """Items of which nothing is sure but the id, which is one of its own."""
    attributes = st.dictionaries(st.sampled_from(names), VALUES, max_size=5)
    return st.dictionaries(ids, attributes, max_size=3).map(
        lambda found: [{"id": key, **item} for key, item in found.items()]
    )


def columns(stream: str) -> list[str]:
    return [name for name in load_schema(stream)["properties"] if name != "id"]


CRM_IDS = st.one_of(st.integers(1, 9), st.integers(10, 2**63 - 1), st.integers(20, 29).map(str))
SCIM_IDS = st.one_of(
    st.sampled_from(
        [
            1,
            "2",
            "a\nb",
            "a\tb",
            "a\0",
            "z\ud83d",
            "ü",
            10**25,
            10**25 + 1,
            -(2**63) - 1,
            "104527856238476523871",
        ]
    )
)
TOP = sorted(
    {name.swapcase() for path in (*USER_PATHS.values(), *GROUP_PATHS.values()) for name in path[:1]} - {"ID"}
)
OBJECTS = [
    "name",
    "meta",
    "emails",
    "groups",
    "displayName",
    "userName",
    "active",
    "unknown",
    ENTERPRISE_USER,
]
MEMBERS = st.one_of(
    VALUES,
    st.lists(
        st.one_of(
            VALUES,
            st.dictionaries(
                st.sampled_from([path[0] for path in MEMBER_PATHS.values()] + ["$ref", "VALUE"]),
                st.one_of(
                    VALUES, st.sampled_from(["u1", "https://x.example/scim/v2/Users/u2", "Groups/u1/"])
                ),
                min_size=1,
                max_size=3,
            ),
        ),
        max_size=4,
    ),
)


def groups() -> st.SearchStrategy[list[Item]]:
    """Each with a name of any kind, and one member that is sure."""
    whole = items(SCIM_IDS, [*TOP, *OBJECTS])
    more = st.lists(st.tuples(VALUES, MEMBERS), min_size=3, max_size=3)
    return st.tuples(whole, more).map(
        lambda both: [
            item | {"displayName": name, "members": [{"value": "sure"}, *as_list(members)]}
            for item, (name, members) in zip(both[0], both[1], strict=False)
        ]
    )


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def serve(lists: dict[str, Any]) -> AnsweringServer:
    """Each list on one page, and nothing behind it."""

    def answer(request: Request) -> Response:
        name = request.path.rpartition("/")[2].lower()
        if request.path.startswith("/scim"):
            resources = lists.get(name, [])
            first = int(request.args["startIndex"])
            body: Any = {"totalResults": len(resources), "Resources": resources[first - 1 :]}
        elif name == "profile":
            body = {"user": lists.get("profile", {"id": 1})}
        else:
            key = REST_LISTS.get(name, name)
            body = {key: lists.get(name, []) if request.args["page"] == "1" else []}
        return Response(json.dumps(body), content_type="application/json")

    return AnsweringServer(answer)


def read(lists: dict[str, Any], tmp_path: Path, **config: Any) -> Outcome:
    with serve(lists) as server:
        return run_tap({**server.config, **config}, tmp_path)


def keys_as_text(outcome: Outcome, stream: str) -> list[str]:
    return sorted("\t".join(map(str, key)) for key in outcome.keys(stream))


def by_the_book(keys: list[str]) -> str:
    return hashlib.sha256(b"\n".join(sorted(key.encode() for key in keys))).hexdigest()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.fixed_dictionaries(
        {
            "owners": items(CRM_IDS, [*columns("owners"), "roles", "role_ids"]),
            "roles": items(CRM_IDS, [*columns("roles"), "unknown"]),
            "territories": items(CRM_IDS, [*columns("territories"), "unknown"]),
            "teams": items(CRM_IDS, [*columns("teams"), "unknown"]),
            "profile": items(CRM_IDS, columns("profile")).map(lambda found: (found or [{"id": 1}])[0]),
            "users": items(SCIM_IDS, [*TOP, *OBJECTS]),
            "groups": groups(),
        }
    )
)
def test_whatever_the_items_hold_the_records_are_loadable(tmp_path: Path, lists: dict[str, Any]) -> None:
    outcome = read(lists, tmp_path)
    assert "Traceback" not in outcome.log
    assert "error in the tap itself" not in outcome.log
    for message in outcome.messages:
        if message["type"] == "RECORD":
            VALIDATORS[message["stream"]].validate(message["record"])
            assert not set("\0\ud83d") & set(json.dumps(message["record"], ensure_ascii=False))
    sent = {"owners": "owners", "roles": "roles", "territories": "territories", "scim_users": "users"}
    for stream, name in (sent | {"scim_groups": "groups"}).items():
        assert len(outcome.records[stream]) == len(lists[name])
        expected = sorted(
            str(item["id"]).replace("\0", "\ufffd").replace("\ud83d", "\ufffd") for item in lists[name]
        )
        assert keys_as_text(outcome, stream) == expected
    for stream in STREAMS[:-1]:
        receipt = outcome.receipt(stream)
        keys = keys_as_text(outcome, stream)
        assert receipt["is_complete"] or receipt["incomplete_reason"].startswith("members_without_id: ")
        assert receipt["records"] == len(keys) == len(set(keys))
        assert receipt["population_sha256"] == by_the_book(keys)


# -- members


def memberships(members: list[Any], tmp_path: Path) -> list[dict[str, Any]]:
    """What becomes of each, alone in a group of its own."""
    groups = [{"id": f"{number:04}", "members": [member]} for number, member in enumerate(members)]
    outcome = read({"groups": groups}, tmp_path)
    assert outcome.receipt("scim_group_members")["is_complete"]
    records = outcome.records["scim_group_members"]
    assert [record["group_id"] for record in records] == [group["id"] for group in groups]
    return records


SAID = [None, "User", "group", "Robot", 7]
REFERENCES = {
    "https://x.example/scim/v2/Users/2": "User",
    "https://x.example/scim/v2/Groups/2": "Group",
    "https://x.example/scim/v2/Users/2/": "User",
    "https://x.example/scim/v2/GROUPS/2": "Group",
    "https://x.example/scim/v2/users/2?tenant=Groups/7#top": "User",
    "../Groups/2": "Group",
    "/Users/2": "User",
    "Groups/2": "Group",
    " Users/2 ": "User",
}
NO_REFERENCES = [None, "", "2", "https://[x/Users/2", "https://x.example/scim/v2/Robots/2", 7]


def test_a_reference_says_what_a_member_is(tmp_path: Path) -> None:
    cases = list(product(REFERENCES, SAID))
    members = [{"value": "2", "$ref": reference, "type": said} for reference, said in cases]
    for (reference, said), record in zip(cases, memberships(members, tmp_path), strict=True):
        kind = REFERENCES[reference]
        assert (record["member_id"], record["member_type"]) == ("2", kind)
        # What the reference contradicts is not lost.
        is_contradicted = said is not None and str(said).lower() != kind.lower()
        assert record["additional_attributes"].get("type") == (str(said) if is_contradicted else None)


@pytest.mark.parametrize("value", [{}, {"value": None}, {"value": ""}, {"VALUE": " "}], ids=repr)
def test_a_reference_alone_names_the_member(value: dict[str, Any], tmp_path: Path) -> None:
    records = memberships([{**value, "$REF": reference} for reference in REFERENCES], tmp_path)
    found = [(record["member_id"], record["member_type"]) for record in records]
    assert found == [("2", kind) for kind in REFERENCES.values()]


def test_without_such_a_reference_the_type_says_it(tmp_path: Path) -> None:
    kinds = {"user": "User", "GROUP": "Group", "Robot": "Robot", None: None, "": ""}
    cases = list(product(NO_REFERENCES, kinds))
    members = [{"value": "2", "$ref": reference, "type": said} for reference, said in cases]
    for (_, said), record in zip(cases, memberships(members, tmp_path), strict=True):
        assert (record["member_id"], record["member_type"]) == ("2", kinds[said])


def test_an_id_in_a_reference_is_decoded(tmp_path: Path) -> None:
    [record] = memberships([{"$ref": "https://x.example/Users/dan%40x.example"}], tmp_path)
    assert record["member_id"] == "dan@x.example"


# -- elements that are none

NOTHING: list[Any] = [None, "", " ", []]
NOT_UNDERSTOOD = [True, ["u1"], [{"value": "u1"}]]
LISTS = ["emails", "phoneNumbers", "addresses", "groups", "roles", "entitlements"]


@pytest.mark.parametrize("element", [*NOTHING, *NOT_UNDERSTOOD], ids=repr)
def test_a_member_that_is_none_is_dropped_and_counted(element: Any, tmp_path: Path) -> None:
    members = [element, {"value": "u1"}, element, "u2", 3]
    outcome = read({"groups": [{"id": "g", "members": members}]}, tmp_path)
    assert outcome.keys("scim_group_members") == [("g", "u1"), ("g", "u2"), ("g", "3")]
    [group] = outcome.records["scim_groups"]
    assert group["member_count"] == len(group["members"]) == 3
    for stream in ("scim_groups", "scim_group_members"):
        assert outcome.receipt(stream)["dropped_elements"] == 2
        assert outcome.log.count(f"{stream}: 2 elements of lists") == 1
    # What may have been a member leaves the memberships unknown.
    assert outcome.receipt("scim_group_members")["is_complete"] is (element in NOTHING)


@pytest.mark.parametrize("element", [*NOTHING, *NOT_UNDERSTOOD], ids=repr)
def test_an_element_of_a_user_that_is_none_is_dropped(element: Any, tmp_path: Path) -> None:
    user = {"id": "u", **{name: [element, {"value": "a@x.example"}, "b"] for name in LISTS}}
    outcome = read({"users": [user]}, tmp_path)
    [record] = outcome.records["scim_users"]
    for name in ("emails", "phone_numbers", "addresses", "groups", "roles", "entitlements"):
        assert record[name] == [{"value": "a@x.example"}, "b"]
    assert outcome.receipt("scim_users")["dropped_elements"] == len(LISTS)


@pytest.mark.parametrize("item", [None, "", [], 7, [{}]], ids=repr)
@pytest.mark.parametrize("name", ["owners", "users"])
def test_a_page_with_an_item_that_is_no_object_is_malformed(name: str, item: Any, tmp_path: Path) -> None:
    outcome = read({name: [{"id": "1"}, item]}, tmp_path, max_attempts=1)
    stream = {"owners": "owners", "users": "scim_users"}[name]
    assert not outcome.records[stream]
    assert "items that are no objects" in outcome.receipt(stream)["incomplete_reason"] + outcome.log


# -- lists that are null


@pytest.mark.parametrize("count", [0, 3, 4])
@pytest.mark.parametrize("has_total", [False, True])
def test_a_list_that_is_null_is_an_empty_one(count: int, has_total: bool, tmp_path: Path) -> None:
    """On the first page, and behind a full or a short one; in both APIs."""
    whole = [{"id": str(number)} for number in range(count)]

    def answer(request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        first = int(request.args.get("startIndex", 3 * int(request.args.get("page", 1)) - 2))
        page = whole[first - 1 : first + 2] or None
        total = count if has_total else None
        if request.path.startswith("/scim"):
            body: dict[str, Any] = {"Resources": page, "totalResults": total}
        elif name == "profile":
            body = {"user": {"id": 1}}
        else:
            body = {REST_LISTS[name]: page, "meta": {"total": total}}
        return Response(json.dumps(body), content_type="application/json")

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, "page_size": 3}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    for stream in ("owners", "roles", "territories", "scim_users", "scim_groups"):
        assert len(outcome.records[stream]) == count
        assert outcome.receipt(stream)["is_complete"]


@pytest.mark.parametrize("surface", ["rest", "scim"])
def test_a_null_where_the_total_counts_records_is_no_empty_list(surface: str, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        key = REST_LISTS.get(request.path.rpartition("/")[2])
        body = {key: None, "meta": {"total": 5}} if key else {"Resources": None, "totalResults": 5}
        return Response(json.dumps(body), content_type="application/json")

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, "max_attempts": 1}, tmp_path)
    receipt = outcome.receipt("owners" if surface == "rest" else "scim_users")
    assert not receipt["is_complete"]
    assert receipt["incomplete_reason"].startswith("failed: upstream_malformed")


# -- bodies judged by what they are


@pytest.mark.parametrize(
    "media_type", ["text/html; charset=utf-8", "text/plain", "", "application/scim+json"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_is_read_whatever_its_media_type_says(media_type: str, mark: bytes, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        key = REST_LISTS.get(name, "user" if name == "profile" else "Resources")
        body = {key: {"id": 1} if key == "user" else [{"id": "1"}], "totalResults": 1, "meta": {"total": 1}}
        return Response(mark + json.dumps(body).encode(), headers={"Content-Type": media_type})

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert all(len(outcome.records[stream]) == 1 for stream in ("owners", "profile", "scim_users"))


@pytest.mark.parametrize("character", ["\ud83d", "\0"], ids=["surrogate", "NUL"])
def test_one_odd_character_in_a_name_costs_nobody(character: str, tmp_path: Path) -> None:
    name = f"Ann{character}"
    lists = {
        "owners": [{"id": 1, "name": name, "beta": {name: [name]}}, {"id": 2}],
        "users": [{"id": f"u{character}", "displayName": name, "emails": [{"value": name}]}, {"id": "u2"}],
        "groups": [
            {"id": "g", "displayName": name, "members": [{"value": f"u{character}", "display": name}]}
        ],
    }
    outcome = read(lists, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert [record["name"] for record in outcome.records["owners"]] == ["Ann\ufffd", None]
    assert outcome.keys("scim_users") == [("u\ufffd",), ("u2",)]
    assert outcome.keys("scim_group_members") == [("g", "u\ufffd")]
    counts = {stream: outcome.receipt(stream)["replaced_characters"] for stream in STREAMS[:-1]}
    assert counts == {
        "owners": 3,
        "roles": 0,
        "territories": 0,
        "teams": 0,
        "profile": 0,
        "scim_users": 4,  # the primary address repeats one
        "scim_groups": 3,
        "scim_group_members": 3,
    }
    assert outcome.log.count("owners: 3 characters") == 1


# -- numbers beyond 64 bits

LONG = 104527856238476523871


def test_ids_beyond_64_bits_keep_their_digits_apart(tmp_path: Path) -> None:
    lists = {
        "users": [{"id": LONG + number, "externalId": LONG, "x": {"badge": [LONG]}} for number in range(3)],
        "groups": [{"id": LONG, "members": [{"value": LONG}, {"value": LONG + 1}]}],
        "owners": [{"id": 1, "role_id": LONG, "phone": LONG, "badge": LONG}],
    }
    outcome = read(lists, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert outcome.keys("scim_users") == [(str(LONG + number),) for number in range(3)]
    assert outcome.records["scim_users"][0]["external_id"] == str(LONG)
    assert outcome.records["scim_users"][0]["additional_attributes"] == {"x": {"badge": [str(LONG)]}}
    assert outcome.keys("scim_group_members") == [(str(LONG), str(LONG)), (str(LONG), str(LONG + 1))]
    [owner] = outcome.records["owners"]
    assert (owner["role_id"], owner["phone"]) == (None, str(LONG))
    assert owner["additional_attributes"] == {"role_id": str(LONG), "badge": str(LONG)}


@pytest.mark.parametrize("crm_id", [LONG, -LONG, str(LONG), 2**63, 1.5, True, {"id": 1}, "x"], ids=repr)
def test_a_crm_id_that_no_column_holds_fails_its_list_alone(crm_id: Any, tmp_path: Path) -> None:
    lists = {"owners": [{"id": 1}, {"id": crm_id}], "roles": [{"id": 1}]}
    outcome = read(lists, tmp_path, max_attempts=1)
    assert not outcome.records["owners"]
    assert not outcome.receipt("owners")["is_complete"]
    assert "an `id` of another kind than this API's ids" in outcome.log
    assert outcome.receipt("roles")["is_complete"]


@pytest.mark.parametrize("name", ["owners", "users", "groups"])
@pytest.mark.parametrize("nothing", [None, "", "  ", []], ids=repr)
def test_an_item_without_an_id_is_malformed(name: str, nothing: Any, tmp_path: Path) -> None:
    outcome = read({name: [{"id": "1"}, {"id": nothing}, {}]}, tmp_path, max_attempts=1)
    stream = {"owners": "owners", "users": "scim_users", "groups": "scim_groups"}[name]
    assert not outcome.records[stream]
    assert not outcome.receipt(stream)["is_complete"]
    assert "an item without an `id`" in outcome.log


# -- large and deep


def test_a_group_too_large_for_a_cell_keeps_its_members(tmp_path: Path) -> None:
    count = 12_500
    members = [{"value": f"{number:032}", "display": "é" * 20, "type": "User"} for number in range(count)]
    outcome = read(
        {"groups": [{"id": "all", "members": members}, {"id": "two", "members": members[:2]}]}, tmp_path
    )
    assert outcome.exit_code == 0, outcome.log
    large, small = outcome.records["scim_groups"]
    assert (large["members"], large["member_count"]) == (None, count)
    assert small["members"] == members[:2]
    assert len(set(outcome.keys("scim_group_members"))) == count + 2
    assert outcome.receipt("scim_groups")["oversized_cells"] == 1
    assert outcome.receipt("scim_group_members")["oversized_cells"] == 0
    assert outcome.log.count("Column members of scim_groups: a value is too large to load") == 1


@pytest.mark.parametrize("depth", [300, 5000])
def test_an_attribute_too_deep_is_one_records_loss(depth: int, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        key = REST_LISTS.get(name, "user" if name == "profile" else "Resources")
        deep = '{"a":' * depth + "1" + "}" * depth
        item = f'{{"id":"1","deep":{deep},"badge":7}}'
        items = item if key == "user" else f'[{item},{{"id":"2"}}]'
        return Response(
            f'{{"{key}":{items},"totalResults":2,"meta":{{"total":2}}}}', content_type="application/json"
        )

    with AnsweringServer(answer) as server:
        outcome = run_tap(server.config, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    for stream in ("owners", "roles", "territories", "scim_users", "scim_groups"):
        assert [record["additional_attributes"] for record in outcome.records[stream]] == [{"badge": 7}, None]
        assert outcome.receipt(stream)["oversized_cells"] == 1
        assert outcome.receipt(stream)["records"] == 2


# -- the roles of a CRM user

ROLES: list[tuple[dict[str, Any], Any]] = [
    ({"role_id": 7}, [{"id": 7}]),
    ({"role_id": "7"}, [{"id": 7}]),
    ({"role_ids": [1, 2]}, [{"id": 1}, {"id": 2}]),
    ({"role_id": [1, 2]}, [{"id": 1}, {"id": 2}]),
    ({"role_ids": ["2", None, 1, "", 2]}, [{"id": 2}, {"id": 1}]),
    ({"roles": [{"id": 1, "name": "Admin"}]}, [{"id": 1, "name": "Admin"}]),
    ({"roles": [1, {"id": "2", "name": "Admin"}, None]}, [{"id": 1}, {"id": 2, "name": "Admin"}]),
    ({"roles": {"id": 1, "name": None}}, [{"id": 1}]),
    ({"role_id": {"id": 1, "name": "Admin"}}, [{"id": 1, "name": "Admin"}]),
    (
        {"roles": [{"id": 1, "name": "Admin"}, {"id": 3}], "role_ids": [2, 1], "role_id": 3},
        [{"id": 3}, {"id": 2}, {"id": 1, "name": "Admin"}],
    ),
    ({"role_id": None, "role_ids": [5]}, [{"id": 5}]),
    ({"role_id": None}, None),
    ({}, None),
    ({"role_ids": []}, []),
    ({"roles": [None], "role_id": None}, []),
]


@pytest.mark.parametrize("name", ["owners", "profile"])
def test_all_roles_of_a_user_are_told_in_one_column(name: str, tmp_path: Path) -> None:
    users = [{"id": number, **told} for number, (told, _) in enumerate(ROLES, start=1)]
    if name == "owners":
        records = read({"owners": users}, tmp_path).records["owners"]
    else:
        records = [read({"profile": user}, tmp_path).records["profile"][0] for user in users]
    for record, (told, roles) in zip(records, ROLES, strict=True):
        assert record["roles"] == roles, told
        assert record["role_id"] == (roles[0]["id"] if roles else None)
        assert record["additional_attributes"] is None


@pytest.mark.parametrize(
    ("told", "roles", "failures"),
    [
        ({"roles": [{"id": 1, "name": "Admin", "scope": "all"}]}, [{"id": 1, "name": "Admin"}], 0),
        ({"roles": [{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]}, [{"id": 1, "name": "A"}], 0),
        ({"roles": ["Admin", 2]}, [{"id": 2}], 1),
        ({"roles": [{"name": "Admin"}]}, [], 1),
        ({"role_ids": [1, LONG]}, [{"id": 1}], 1),
        ({"role_id": "no number"}, [], 1),
    ],
)
def test_what_a_role_says_beside_id_and_name_is_kept(
    told: dict[str, Any], roles: list[Any], failures: int, tmp_path: Path
) -> None:
    outcome = read({"owners": [{"id": 1, **told}]}, tmp_path)
    [record] = outcome.records["owners"]
    assert record["roles"] == roles
    [(attribute, value)] = told.items()
    kept = [str(item) if item == LONG else item for item in value] if isinstance(value, list) else value
    assert record["additional_attributes"] == {attribute: kept}
    assert outcome.receipt("owners")["coercion_failures"] == failures


def test_elements_of_role_lists_that_are_none_are_counted(tmp_path: Path) -> None:
    outcome = read({"owners": [{"id": 1, "role_ids": [1, None, ""], "roles": [[], True, 2]}]}, tmp_path)
    assert outcome.records["owners"][0]["roles"] == [{"id": 1}, {"id": 2}]
    assert outcome.receipt("owners")["dropped_elements"] == 4


def test_uuid_and_job_title_of_an_owner_are_columns(tmp_path: Path) -> None:
    outcome = read({"owners": [{"id": 1, "uuid": 104527856238476523, "job_title": "Boss"}]}, tmp_path)
    [record] = outcome.records["owners"]
    assert (record["uuid"], record["job_title"]) == ("104527856238476523", "Boss")
