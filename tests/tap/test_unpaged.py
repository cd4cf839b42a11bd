"""Servers that refuse paging parameters and give the list without them: that is no absent list."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug import Request, Response

from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap

PAGING = {"page", "per_page", "startIndex", "count"}
LISTS = {
    "owners": ("/selector/owners", "users"),
    "roles": ("/selector/roles", "roles"),
    "territories": ("/selector/territories", "territories"),
    "teams": ("/selector/teams", "teams"),
    "scim_users": ("/Users", "Resources"),
    "scim_groups": ("/Groups", "Resources"),
}
PEOPLE = [{"id": str(number), "members": []} for number in range(1, 8)]
REFUSAL = {
    400: '{"detail": "pagination is not supported"}',
    404: "",
    501: '{"detail": "pagination is not supported"}',
}
EVERY_LIST = pytest.mark.parametrize("stream", LISTS)
EVERY_REFUSAL = pytest.mark.parametrize("status", REFUSAL)

Lists = Callable[[Request], Response]


def lists(stream: str, respond: Callable[[Request, str], Response]) -> Lists:
    """One list answers as `respond` says, the others are empty."""

    def answer(request: Request) -> Response:
        for name, (path, key) in LISTS.items():
            if request.path.endswith(path):
                if name == stream:
                    return respond(request, key)
                return json_answer(json.dumps({key: [], "totalResults": 0}))
        return json_answer("", 404)

    return answer


def whole(key: str, items: list[dict[str, object]], *, gives_total: bool) -> Response:
    body: dict[str, object] = {key: items}
    if gives_total:
        body |= {"totalResults": len(items)} if key == "Resources" else {"meta": {"total": len(items)}}
    return json_answer(json.dumps(body))


def run(answer: Lists, tmp_path: Path, *arguments: str) -> tuple[Outcome, list[Request]]:
    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, "page_size": 5, "max_attempts": 2}, tmp_path, *arguments)
        return outcome, server.requests


@EVERY_LIST
@EVERY_REFUSAL
@pytest.mark.parametrize("gives_total", [True, False])
def test_a_list_that_refuses_paging_is_read_without(
    gives_total: bool, status: int, stream: str, tmp_path: Path
) -> None:
    def respond(request: Request, key: str) -> Response:
        if PAGING & set(request.args):
            return json_answer(REFUSAL[status], status)
        return whole(key, PEOPLE, gives_total=gives_total)  # type: ignore[arg-type]

    outcome, _ = run(lists(stream, respond), tmp_path)
    receipt = outcome.receipt(stream)
    assert outcome.exit_code == 0, outcome.log
    assert [str(key) for (key,) in outcome.keys(stream)] == [person["id"] for person in PEOPLE]
    assert receipt["is_complete"], receipt
    assert "paging refused, the list in one answer" in outcome.log


@EVERY_LIST
@pytest.mark.parametrize("status", [404, 501])
def test_only_a_list_refused_without_paging_too_is_absent(status: int, stream: str, tmp_path: Path) -> None:
    outcome, requests = run(lists(stream, lambda *_: json_answer("", status)), tmp_path)
    receipt = outcome.receipt(stream)
    is_optional = stream in {"roles", "territories", "teams", "scim_groups"}
    assert receipt["incomplete_reason"] == ("absent" if is_optional else "failed: not_found")
    asked = [request for request in requests if request.path.endswith(LISTS[stream][0])]
    assert [bool(PAGING & set(request.args)) for request in asked] == [True, False]


@EVERY_LIST
def test_a_list_refused_in_every_way_is_asked_for_twice(stream: str, tmp_path: Path) -> None:
    outcome, requests = run(lists(stream, lambda *_: json_answer("", 400)), tmp_path)
    assert outcome.receipt(stream)["incomplete_reason"] == "failed: request_refused"
    assert sum(request.path.endswith(LISTS[stream][0]) for request in requests) == 2


@EVERY_LIST
@pytest.mark.parametrize("gives_total", [True, False])
def test_a_server_that_refuses_only_its_first_page_is_paged_after(
    gives_total: bool, stream: str, tmp_path: Path
) -> None:
    """Such as one that refuses the `count` asked for: its first page has the length that it likes."""

    def respond(request: Request, key: str) -> Response:
        size = int(request.args.get("per_page", request.args.get("count", 3)))
        if size > 3:
            return json_answer('{"scimType": "tooMany"}', 400)
        first = int(request.args.get("startIndex", 0)) or (int(request.args.get("page", 1)) - 1) * size + 1
        body: dict[str, object] = {key: PEOPLE[first - 1 : first - 1 + size]}
        if gives_total:
            body |= {"totalResults": len(PEOPLE), "meta": {"total": len(PEOPLE)}}
        return json_answer(json.dumps(body))

    outcome, _ = run(lists(stream, respond), tmp_path)
    assert outcome.receipt(stream)["is_complete"], outcome.log
    assert len(outcome.keys(stream)) == len(PEOPLE)


@EVERY_LIST
def test_a_list_that_refuses_paging_and_changes_is_not_complete(stream: str, tmp_path: Path) -> None:
    turn = 0

    def respond(request: Request, key: str) -> Response:
        nonlocal turn
        if PAGING & set(request.args):
            return json_answer("", 501)
        turn += 1
        return whole(key, PEOPLE[: 3 + turn % 2], gives_total=False)  # type: ignore[arg-type]

    outcome, _ = run(lists(stream, respond), tmp_path)
    receipt = outcome.receipt(stream)
    assert not receipt["is_complete"]
    assert receipt["incomplete_reason"].startswith("unstable: ")


@EVERY_LIST
@EVERY_REFUSAL
def test_the_check_asks_without_paging_as_well(status: int, stream: str, tmp_path: Path) -> None:
    def respond(request: Request, key: str) -> Response:
        if PAGING & set(request.args):
            return json_answer(REFUSAL[status], status)
        return whole(key, PEOPLE, gives_total=True)  # type: ignore[arg-type]

    outcome, _ = run(lists(stream, respond), tmp_path, "--test")
    [line] = [line for line in outcome.output.splitlines() if line.split()[:1] == [stream]]
    assert line.endswith("  can be read, 7 in all")
