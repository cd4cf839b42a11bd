"""Who is in a group that its list leaves open: settled by the group itself, or said to be unknown."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Request, Response

from tap_freshsales_users.reading.membership import MAX_GROUPS_ASKED, VAIN_ANSWERS, Members
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap
from tests.tap.selecting import deselect, discover

ANN = [{"value": "ann"}]
LISTED: dict[str, dict[str, Any]] = {
    "given": {"members": ANN},
    "empty": {"members": []},
    "null": {"members": None},
    "absent": {},
    "other case": {"Members": []},
}
ALONE: dict[str, Response | dict[str, Any]] = {
    "given": {"id": "g 1/é", "members": ANN},
    "empty": {"id": "g 1/é", "members": []},
    "absent": {"id": "g 1/é"},
    "another": {"id": "g2", "members": ANN},
    "404": json_answer("", 404),
    "403": json_answer("", 403),
    "500": json_answer("", 500),
    "no JSON": json_answer("{"),
}
NAMED: dict[str, Any] = {
    "direct": [{"value": "g 1/é", "type": "direct"}],
    "without a type": [{"value": "g 1/é"}],
    "bare": ["g 1/é"],
    "one": {"value": "g 1/é", "type": "Direct"},
    "indirect": [{"value": "g 1/é", "type": "Indirect"}],
    "nobody": [],
}
CONFIG = {"domain": "acme", "page_size": 10, "max_attempts": 2}


def listing(*resources: dict[str, Any]) -> Response:
    return json_answer(json.dumps({"totalResults": len(resources), "Resources": resources}))


def run(
    listed: str, alone: str, named: str, told: bool, tmp_path: Path, *left_out: str
) -> tuple[Outcome, list[str]]:
    """One group that is in doubt; another, which tells its members where `told`."""
    other = {"id": "g2", "members": ANN} if told else {"id": "g2"}

    def answer(request: Request) -> Response:
        if request.path.endswith("/Users"):
            return listing({"id": "ann", "groups": NAMED[named]})
        if request.path.endswith("/Groups"):
            return listing(other, {"id": "g 1/é", **LISTED[listed]})
        if request.path.endswith("/Groups/g2"):
            return json_answer(json.dumps(other))
        found = ALONE[alone]
        if isinstance(found, Response):
            return Response(found.get_data(), found.status_code, content_type=found.content_type)
        return json_answer(json.dumps(found))

    with AnsweringServer(answer) as server:
        config = {**CONFIG, "scim_token": "token", "scim_api_url": server.url}
        catalog = discover(config, tmp_path, *map(deselect, left_out)) if left_out else None
        outcome = run_tap(config, tmp_path, catalog=catalog)
        return outcome, [path for path in server.paths if "/Groups/" in path]


CASES = list(product(LISTED, ALONE, NAMED, [True, False]))


# Every pair of forms, and each triple that another path leads through: one in three of all of them.
@pytest.mark.parametrize(("listed", "alone", "named", "told"), CASES[::3])
def test_a_group_in_doubt_is_settled_by_itself_or_unknown(
    listed: str, alone: str, named: str, told: bool, tmp_path: Path
) -> None:
    outcome, asked = run(listed, alone, named, told, tmp_path)
    receipt = outcome.receipt("scim_group_members")
    is_named = named not in {"indirect", "nobody"}
    is_open = listed == "absent" or (listed != "given" and is_named)
    assert asked.count("/Groups/g 1%2Fé") == is_open * (2 if alone in {"500", "no JSON"} else 1)
    members = {member for group, member in outcome.keys("scim_group_members") if group == "g 1/é"}
    assert members == ({"ann"} if listed == "given" or (is_open and alone == "given") else set())
    is_told = told or listed == "given" or (is_open and alone == "given")
    if not is_open or alone == "given":
        is_known = True
    elif is_named:
        is_known = False
    else:
        is_known = alone == "empty" or (alone == "absent" and is_told)
    # The other group came without members, by itself as well: empty, where members are told at all.
    is_known &= is_told
    assert receipt["is_complete"] is is_known, receipt
    assert outcome.exit_code == 0, outcome.log
    if not is_known:
        assert receipt["incomplete_reason"].startswith("members_unknown: ")
        is_silent = listed == "absent" and alone != "empty"
        is_denied = is_open and is_named and alone != "given" and not is_silent
        assert ("though users name them" in receipt["incomplete_reason"]) is is_denied
    assert outcome.receipt("scim_groups")["is_complete"]
    assert outcome.receipt("scim_groups")["api_requests"] == 1 + len(asked)


@pytest.mark.parametrize("left_out", ["scim_groups", "scim_users"])
@pytest.mark.parametrize("alone", ["given", "empty"])
def test_deselected_streams_change_what_can_be_known(alone: str, left_out: str, tmp_path: Path) -> None:
    outcome, asked = run("empty", alone, "direct", True, tmp_path, left_out)
    receipt = outcome.receipt("scim_group_members")
    if left_out == "scim_users":  # nobody names the group
        assert not asked
        assert receipt["is_complete"]
    else:
        assert len(asked) == 1
        assert receipt["is_complete"] is (alone == "given")
        assert receipt["api_requests"] == 2
    assert len(outcome.keys("scim_group_members")) == 1 + (alone == "given" and left_out == "scim_groups")


def test_what_the_group_tells_by_itself_is_in_its_row_too(tmp_path: Path) -> None:
    outcome, _ = run("absent", "given", "nobody", True, tmp_path)
    rows = {record["id"]: record for record in outcome.records["scim_groups"]}
    assert (rows["g 1/é"]["member_count"], rows["g 1/é"]["members"]) == (1, ANN)


def test_a_server_that_never_tells_members_is_asked_three_times(tmp_path: Path) -> None:
    groups = [{"id": str(number)} for number in range(9)]

    def answer(request: Request) -> Response:
        if request.path.endswith("/Groups"):
            return listing(*groups)
        if request.path.endswith("/Users"):
            return listing()
        return json_answer(json.dumps({"id": request.path[-1]}))

    with AnsweringServer(answer) as server:
        outcome = run_tap({**CONFIG, "scim_token": "token", "scim_api_url": server.url}, tmp_path)
        asked = [path for path in server.paths if "/Groups/" in path]
    assert len(asked) == VAIN_ANSWERS
    reason = outcome.receipt("scim_group_members")["incomplete_reason"]
    assert reason == "members_unknown: 9 groups came without `members`"


FORMS = st.sampled_from([None, [], ANN])


@given(st.lists(st.tuples(FORMS, st.sampled_from(["fails", None, [], ANN]), st.booleans()), max_size=12))
def test_nothing_unknown_is_called_known(groups: list[tuple[Any, Any, bool]]) -> None:
    """Against the forms themselves: a named group without members, or one that nobody tells, is unknown."""
    alone = {str(number): form for number, (_, form, _) in enumerate(groups)}
    named = {str(number) for number, (_, _, is_named) in enumerate(groups) if is_named}

    def ask(group_id: str) -> dict[str, Any] | None:
        form = alone[group_id]
        return None if form == "fails" else {"id": group_id} | ({} if form is None else {"members": form})

    members = Members({group: set() for group in named}, ask)
    for number, (listed, _, _) in enumerate(groups):
        group = {"id": str(number)} | ({} if listed is None else {"members": listed})
        members.settle(group)
        made_empty = [] if listed is alone[str(number)] is None else listed
        assert group.get("members") in (listed, alone[str(number)], made_empty)
    truly_told = any(ANN in (listed, form) for listed, form, _ in groups)
    doubtful = [
        number
        for number, (listed, form, is_named) in enumerate(groups)
        if ANN not in (listed, form) and (is_named or (listed is None and form == "fails"))
    ]
    if doubtful or (not truly_told and any(listed is form is None for listed, form, _ in groups)):
        assert members.reason is not None


def test_the_number_of_groups_asked_for_is_bounded() -> None:
    asked: list[str] = []

    def ask(group_id: str) -> dict[str, Any]:
        asked.append(group_id)
        return {"id": group_id, "members": ANN}

    members = Members({}, ask)
    for number in range(MAX_GROUPS_ASKED + 7):
        members.settle({"id": str(number)})
    assert len(asked) == MAX_GROUPS_ASKED
    assert members.reason == "members_unknown: 7 groups came without `members`"


@dataclass(frozen=True)
class Cut:
    """How the two users speak of the group, what it says by itself, and whether it has to be asked."""

    user: dict[str, Any]
    alone: list[str] | None
    is_asked: bool
    is_known: bool
    members: set[str]


DIRECT = {"groups": [{"value": "g", "type": "direct"}]}
CUTS = {
    "by itself it is whole": Cut(DIRECT, ["ann", "ben"], True, True, {"ann", "ben"}),
    "by itself it is as short": Cut(DIRECT, ["ann"], True, False, {"ann"}),
    "by itself it is shorter": Cut(DIRECT, [], True, False, {"ann"}),
    "by itself it has others": Cut(DIRECT, ["ann", "cid"], True, False, {"ann", "cid"}),
    "it cannot be read by itself": Cut(DIRECT, None, True, False, {"ann"}),
    # Somebody may be in it by way of another group.
    "without a type": Cut({"groups": [{"value": "g"}]}, ["ann"], False, True, {"ann"}),
    "indirect": Cut({"groups": [{"value": "g", "type": "indirect"}]}, ["ann"], False, True, {"ann"}),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("form", ["value", "reference", "bare"])
def test_a_group_that_does_not_list_who_names_it_is_asked_for(cut: Cut, form: str, tmp_path: Path) -> None:
    def listed(ids: list[str]) -> list[Any]:
        forms: dict[str, Callable[[str], Any]] = {
            "value": lambda name: {"value": name},
            "reference": lambda name: {"$ref": f"../Users/{name}"},
            "bare": lambda name: name,
        }
        return [forms[form](name) for name in ids]

    def answer(request: Request) -> Response:
        if request.path.endswith("/Users"):
            return listing(*({"id": name, **cut.user} for name in ("ann", "ben")))
        if request.path.endswith("/Groups"):
            return listing({"id": "g", "members": listed(["ann"])})
        if cut.alone is None:
            return json_answer("", 404)
        return json_answer(json.dumps({"id": "g", "members": listed(cut.alone)}))

    with AnsweringServer(answer) as server:
        outcome = run_tap({**CONFIG, "scim_token": "token", "scim_api_url": server.url}, tmp_path)
        asked = [path for path in server.paths if "/Groups/" in path]
    assert len(asked) == cut.is_asked
    assert set(outcome.keys("scim_group_members")) == {("g", member) for member in cut.members}
    reason = outcome.receipt("scim_group_members")["incomplete_reason"]
    denied = "members_unknown: 1 groups leave out members, though users name them"
    assert reason == (None if cut.is_known else denied)
