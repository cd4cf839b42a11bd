"""Names, addresses and phone numbers leave the tap as pseudonyms only, alike everywhere, or not at all."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Request, Response

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.records.personal import TREATMENTS, Pseudonyms
from tap_freshsales_users.records.scim import primary_email
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap

KEY = "k" * 31 + "1"
SCHEMAS = Path(__file__).parents[2] / "schemas"
# Columns that stay as they are, since they say nothing of who somebody is, or are needed: see SECURITY.md.
IDS = {"account", "sync_id", "id"}
OF_CRM_USERS = {
    *("uuid", "job_title", "role_id", "roles", "territory_id", "is_active", "time_zone", "language"),
    *("created_at", "updated_at"),
}
OF_RESOURCES = {"created_at", "last_modified_at", "resource_version", "schemas"}
KEPT = {
    "profile": IDS | OF_CRM_USERS,
    "owners": IDS | OF_CRM_USERS,
    "roles": IDS | {"name"},
    "territories": IDS | {"name", "position"},
    "teams": IDS | {"name"},
    "scim_users": OF_RESOURCES
    | {"account", "sync_id", "title", "user_type", "preferred_language", "locale", "timezone", "active"}
    | {"employee_number", "cost_center", "organization", "division", "department"},
    "scim_groups": IDS | OF_RESOURCES | {"external_id", "display_name", "member_count", "resource_location"},
    "scim_group_members": {"account", "sync_id", "group_id", "group_display_name", "member_type"},
    "owned_records": {"account", "sync_id", "owner_id", "record_type", "records_owned", "unknown_reason"},
}
# Shapes of answers that carry the same person in other places.
SHAPES = [
    (),
    ("scim-bare-emails", "scim-bare-manager", "scim-members-only-value", "rest-seen-fields"),
    ("scim-other-case", "scim-unknown-extension", "scim-deep-attribute", "rest-side-loaded-fields"),
    ("scim-flat-enterprise", "scim-empty-elements", "scim-odd-characters", "rest-unlisted-fields"),
    ("scim-old-enterprise", "scim-empty-external-id", "scim-numeric-names", "rest-several-roles"),
]
PERSONAL_TEXT = {
    "owners": ("name", "display_name", "first_name", "last_name", "email"),
    "scim_users": ("user_name", "display_name", "given_name", "family_name", "primary_email"),
    "scim_group_members": ("member_display",),
}


def read(sandbox: Sandbox, tmp_path: Path, key: str | None = KEY, **more: Any) -> Outcome:
    config = sandbox.config | ({} if key is None else {"pseudonym_key": key})
    return run_tap(config, tmp_path, **more)


def texts(value: Any) -> Iterator[str]:
    """Every text within a JSON value."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def of_people(sandbox: Sandbox) -> set[str]:
    """What tells who somebody is, of everybody in the directory."""
    told = {
        str(value)
        for person in sandbox.directory.people
        for value in (
            *(person.display_name, person.given_name, person.family_name, person.user_name),
            *(person.email, person.crm_email, *person.aliases, person.phone, person.mobile),
        )
        if value
    }
    return {form for value in told for form in (value, value.lower())}


@pytest.mark.parametrize("table", TREATMENTS)
def test_every_column_is_treated_or_kept_on_purpose(table: str) -> None:
    columns = set(json.loads((SCHEMAS / f"{table}.json").read_text())["properties"])
    assert columns - TREATMENTS[table].keys() == KEPT[table] - TREATMENTS[table].keys()
    assert TREATMENTS[table].keys() <= columns


def test_every_stream_of_people_and_things_has_its_treatment() -> None:
    assert TREATMENTS.keys() == {path.stem for path in SCHEMAS.glob("*.json")} - {"sync_receipts"}


@pytest.mark.parametrize("quirks", SHAPES, ids=lambda quirks: "+".join(quirks) or "plain")
def test_nothing_that_tells_who_somebody_is_leaves_the_tap(quirks: tuple[str, ...], tmp_path: Path) -> None:
    with Sandbox(people=40, seed=11, quota=None, quirks=quirks) as sandbox:
        outcome = read(sandbox, tmp_path)
        people = of_people(sandbox)
    assert outcome.exit_code == 0, outcome.log
    sent = {text for message in outcome.messages for text in texts(message)}
    assert not {text for text in sent if text in people or text.lower() in people}
    addresses = {text for text in people if "@" in text}
    assert not [address for address in addresses if address in outcome.output + outcome.log]
    assert KEY not in outcome.output + outcome.log
    assert any("@pseudonym.invalid" in text for text in sent)


def test_the_same_person_has_the_same_pseudonym_in_every_stream(tmp_path: Path) -> None:
    with Sandbox(people=40, seed=11, quota=None) as sandbox:
        clear, hidden = read(sandbox, tmp_path, key=None), read(sandbox, tmp_path)
    met: dict[str, str] = {}
    for stream, columns in PERSONAL_TEXT.items():
        pairs = zip(clear.records[stream], hidden.records[stream], strict=True)
        for before, after in pairs:
            for column in columns:
                assert (before[column] is None) == (after[column] is None)
                if before[column] is not None:
                    plain = before[column].strip().lower()
                    assert met.setdefault(plain, after[column]) == after[column]
                    assert ("@" in plain) == ("@" in after[column])
    assert len(met) == len(set(met.values())), "two people share a pseudonym"
    for before, after in zip(clear.records["scim_users"], hidden.records["scim_users"], strict=True):
        found = [email["value"] for email in after["emails"] or []]
        assert found == [
            met.get(email["value"].lower(), found[i]) for i, email in enumerate(before["emails"])
        ]
        assert after["primary_email"] == primary_email(after)
    for stream, receipt in ((receipt["stream"], receipt) for receipt in clear.records["sync_receipts"]):
        same = hidden.receipt(stream)
        assert same["population_sha256"] == receipt["population_sha256"]
        assert same["is_complete"] == receipt["is_complete"]


def test_a_pseudonym_is_the_hmac_of_the_normal_form() -> None:
    digest = hmac.new(KEY.encode(), b"address\0jane@acme.example", hashlib.sha256).hexdigest()
    assert Pseudonyms(KEY).text(" Jane@ACME.example ") == f"{digest[:32]}@pseudonym.invalid"


LETTERS = st.text(st.sampled_from("aA@. éÉßẞσςΣİıÅ\u00a0"), min_size=1, max_size=5)


@given(left=LETTERS, right=LETTERS, tail=st.sampled_from(["", "@acme.example"]))
def test_two_texts_are_one_to_pseudonyms_where_they_are_to_the_marts(
    left: str, right: str, tail: str
) -> None:
    [(is_same, is_blank)] = duckdb.execute(
        "select lower(trim($1)) = lower(trim($2)), trim($1) = '' or trim($2) = ''",
        [left + tail, right + tail],
    ).fetchall()
    pseudonyms = Pseudonyms(KEY)
    if not is_blank:
        assert (pseudonyms.text(left + tail) == pseudonyms.text(right + tail)) == is_same


def test_a_phone_number_is_known_by_its_digits() -> None:
    pseudonyms = Pseudonyms(KEY)
    assert pseudonyms.phone("+1 (201) 555-0123") == pseudonyms.phone("12015550123")
    assert pseudonyms.phone("12015550124") != pseudonyms.phone("12015550123")
    assert pseudonyms.phone(12015550123) == pseudonyms.phone("12015550123")


MANAGERS = [
    ("70000000001", "70000000002", True),
    ("70000000001", "jsmith", False),
    ("70000000001", "Jane@acme.example", False),
    ("2819c223-7f76-453a-919d-413861904646", "26118915-6090-4610-87e4-49d8ca9f808d", True),
    ("2819c223-7f76-453a-919d-413861904646", "jane.smith", False),
    ("5f3ac0ffee5f3ac0ffee5f3a", "5f3ac0ffee5f3ac0ffee5f3b", True),
    ("5f3ac0ffee5f3ac0ffee5f3a", "jsmith2", False),
]


@pytest.mark.parametrize(("own_id", "manager", "stays"), MANAGERS)
def test_a_manager_is_left_as_it_came_only_where_it_is_an_id(
    *, own_id: str, manager: str, stays: bool
) -> None:
    record = {"id": own_id, "manager_id": manager, "user_name": "JSmith"}
    pseudonyms = Pseudonyms(KEY)
    pseudonyms.disguise("scim_users", record)
    assert record["manager_id"] == (manager if stays else pseudonyms.text(manager))


EXTERNAL = ["4711", "26118915-6090-4610-87e4-49d8ca9f808d", "00u1abcDEF2ghiJKL3x7"]


@pytest.mark.parametrize("external_id", EXTERNAL)
def test_an_external_id_that_says_nothing_stays(external_id: str) -> None:
    record = {"id": "1", "external_id": external_id}
    Pseudonyms(KEY).disguise("scim_users", record)
    assert record["external_id"] == external_id


@pytest.mark.parametrize("external_id", ["jsmith", "jane@acme.example", "jane.smith2", "CN=Jane Smith"])
def test_an_external_id_that_may_be_a_name_does_not_stay(external_id: str) -> None:
    record = {"id": "1", "external_id": external_id}
    Pseudonyms(KEY).disguise("scim_users", record)
    assert record["external_id"] == Pseudonyms(KEY).text(external_id)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("jane@acme.example") | st.just("Jane Smith"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["value", "display", "type", "$ref", "jane@acme.example"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(value=st.lists(JSON, max_size=3), column=st.sampled_from(["emails", "phone_numbers", "addresses"]))
def test_no_shape_of_a_json_column_lets_an_address_through(*, value: list[Any], column: str) -> None:
    record = {"id": "1", column: value, "additional_attributes": {"jane@acme.example": value}}
    Pseudonyms(KEY).disguise("scim_users", record)
    assert not {"jane@acme.example", "Jane Smith"} & set(texts(record))
    group = {"id": "1", "members": value}
    Pseudonyms(KEY).disguise("scim_groups", group)
    assert "jane@acme.example" not in set(texts(group))


def test_a_member_is_named_only_where_it_is_said_to_be_a_group() -> None:
    pseudonyms = Pseudonyms(KEY)
    for kind, name in (("Group", "Sales"), ("User", None), (None, None)):
        record = {"member_id": "1", "member_display": "Sales", "member_type": kind}
        pseudonyms.disguise("scim_group_members", record)
        assert record["member_display"] == (name or pseudonyms.text("Sales"))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table in ("profile", "owners", "scim_users")
        for column, shape in json.loads((SCHEMAS / f"{table}.json").read_text())["properties"].items()
        if "string" in shape["type"] and shape.get("format") != "date-time"
        if column not in {"account", "sync_id"}
    ],
)
def test_no_column_of_a_person_lets_an_address_through(table: str, column: str) -> None:
    record = {"id": "1", column: "Jane@acme.example"}
    pseudonyms = Pseudonyms(KEY)
    if column in {"id", "uuid"}:
        with pytest.raises(ConfigurationError, match="its id is an address") as told:
            pseudonyms.disguise(table, record)
        assert "Jane" not in str(told.value)
    else:
        pseudonyms.disguise(table, record)
        assert "Jane" not in str(record)


def test_an_id_that_is_an_address_ends_the_read_and_is_not_sent(tmp_path: Path) -> None:
    user = {"id": "jane@acme.example", "userName": "jane"}

    def answer(request: Request) -> Response:
        found = [user] if request.path.endswith("/Users") else []
        return json_answer(json.dumps({"totalResults": len(found), "Resources": found}))

    with AnsweringServer(answer) as server:
        config = {name: value for name, value in server.config.items() if name != "api_key"}
        outcome = run_tap(config | {"pseudonym_key": KEY, "page_size": 10}, tmp_path)
    assert outcome.exit_code == 78
    assert "its id is an address" in outcome.log
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: configuration"
    assert "jane" not in outcome.output + outcome.log


def test_the_receipts_tell_the_key_apart_and_not_what_it_is(tmp_path: Path) -> None:
    with Sandbox(people=10, seed=1, quota=None) as sandbox:
        outcomes = [read(sandbox, tmp_path, key) for key in (None, KEY, KEY, KEY[::-1])]
    found = [
        {receipt["pseudonym_key_fingerprint"] for receipt in outcome.records["sync_receipts"]}
        for outcome in outcomes
    ]
    assert found[0] == {None}
    assert found[1] == found[2] != found[3]
    assert all(len(one) == 1 for one in found)


@pytest.mark.parametrize(("first", "second"), [(KEY, KEY[::-1]), (None, KEY), (KEY, None)])
def test_a_run_with_another_key_than_the_last_is_refused(
    first: str | None, second: str | None, tmp_path: Path
) -> None:
    with Sandbox(people=10, seed=1, quota=None) as sandbox:
        state = read(sandbox, tmp_path, first).state
        again = read(sandbox, tmp_path, first, state=state)
        assert again.exit_code == 0
        refused = read(sandbox, tmp_path, second, state=state)
    assert refused.exit_code == 78
    assert "had another `pseudonym_key`" in refused.log
    assert not refused.messages


@pytest.mark.parametrize("key", ["", "short", "k" * 31, " " * 40, "k" * 32 + "\n"])
def test_a_key_that_is_no_secret_is_refused(key: str, tmp_path: Path) -> None:
    with Sandbox(people=5, seed=1, quota=None) as sandbox:
        outcome = read(sandbox, tmp_path, key)
    assert outcome.exit_code == 78
    assert "`pseudonym_key`" in outcome.log
    assert not outcome.messages
