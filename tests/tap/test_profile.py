"""The profile is read where it can be, and nothing depends on it: no public client has seen it answer."""

import json
from pathlib import Path

import pytest
from werkzeug import Request, Response

from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap

ME = {"id": 7, "email": "amy@x.example", "display_name": "Amy B", "role": {"id": 3, "name": "Admin"}}
LOGIN = "<!DOCTYPE html><title>Log in</title>"
READ = {
    "user": {"user": ME},
    "profile": {"profile": ME},
    "current_user": {"current_user": ME, "meta": {"id": 1}},
    "bare": ME,
    "beside a null user": {"user": None, "agent": ME},
}
MALFORMED, REFUSED, UNAVAILABLE = (
    f"unreadable: {reason}" for reason in ("upstream_malformed", "request_refused", "upstream_unavailable")
)
UNREADABLE: dict[str, tuple[Response, str]] = {
    "403": (json_answer('{"errors": {"message": "no"}}', 403), "unreadable: permission_refused"),
    "400": (json_answer("{}", 400), REFUSED),
    "a web page": (Response(LOGIN, content_type="text/html"), MALFORMED),
    "a web page as JSON": (Response(LOGIN, content_type="application/json"), MALFORMED),
    "no JSON": (json_answer("{"), MALFORMED),
    "nothing": (json_answer(""), MALFORMED),
    "a list": (json_answer("[]"), MALFORMED),
    "null": (json_answer("null"), MALFORMED),
    "a null user": (json_answer('{"user": null}'), MALFORMED),
    "a user without an id": (json_answer('{"user": {"email": "a@x.example"}}'), MALFORMED),
    "an account's id": (json_answer('{"account": {"id": 9}}'), MALFORMED),
    "410": (json_answer("", 410), MALFORMED),
    "500": (json_answer("", 500), UNAVAILABLE),
    "503": (json_answer("", 503), UNAVAILABLE),
    "404": (json_answer("", 404), "absent"),
    "501": (json_answer("", 501), "absent"),
}
OWNERS = '{"users": [{"id": 7}], "meta": {"total": 1}}'


def run(profile: Response, tmp_path: Path, *arguments: str) -> tuple[Outcome, int]:
    def answer(request: Request) -> Response:
        if request.path.endswith("/settings/profile"):
            return Response(profile.get_data(), profile.status_code, content_type=profile.content_type)
        return json_answer(OWNERS) if request.path.endswith("/owners") else json_answer("", 404)

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, "scim_token": None}, tmp_path, *arguments)
        return outcome, sum(path.endswith("/profile") for path in server.paths)


@pytest.mark.parametrize("case", READ)
def test_the_profile_is_read_under_any_name_or_bare(case: str, tmp_path: Path) -> None:
    outcome, _ = run(json_answer(json.dumps(READ[case])), tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert outcome.keys("profile") == [(7,)]
    assert outcome.receipt("owners")["read_as"] == 7


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_profile_that_cannot_be_read_fails_no_run(case: str, tmp_path: Path) -> None:
    answer, reason = UNREADABLE[case]
    outcome, requests = run(answer, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    receipt = outcome.receipt("profile")
    assert (receipt["is_complete"], receipt["records"]) == (False, 0)
    assert receipt["incomplete_reason"] == reason
    assert outcome.receipt("owners")["is_complete"]
    assert outcome.receipt("owners")["read_as"] is None
    assert requests <= 2, "nothing depends on it: it is not worth the waits"


@pytest.mark.parametrize("case", UNREADABLE)
def test_the_check_says_of_it_what_a_run_makes_of_it(case: str, tmp_path: Path) -> None:
    answer, reason = UNREADABLE[case]
    outcome, _ = run(answer, tmp_path, "--test")
    line = [line for line in outcome.output.splitlines() if line.lstrip().startswith("profile")][-1]
    said = "the account does not have it" if reason == "absent" else "A run goes on without it."
    assert line.endswith(said)
    assert outcome.exit_code == 0
    assert "Nothing is wrong." in outcome.output


def test_a_refused_key_fails_the_run_by_the_profile_too(tmp_path: Path) -> None:
    outcome, _ = run(json_answer("{}", 401), tmp_path)
    assert outcome.exit_code == 77
    assert outcome.receipt("profile")["incomplete_reason"] == "failed: credential_refused"


@pytest.mark.parametrize("stream", ["owners", "scim_users"])
def test_an_empty_list_of_people_is_warned_about(stream: str, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        is_empty = request.path.endswith({"owners": "/owners", "scim_users": "/Users"}[stream])
        people = [] if is_empty else [{"id": "1"}]
        named = {"users": people, "Resources": people, "totalResults": len(people)}
        return json_answer(json.dumps({**named, "roles": [], "territories": [], "teams": []}))

    with AnsweringServer(answer) as server:
        outcome = run_tap(server.config, tmp_path)
    assert outcome.exit_code == 0
    assert outcome.receipt(stream)["is_complete"]
    assert [line for line in outcome.log.splitlines() if "the list is empty" in line and stream in line]
    assert outcome.log.count("the list is empty") == 1
