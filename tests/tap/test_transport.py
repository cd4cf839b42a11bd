"""One request and what becomes of it: errors that say enough and no more, retries, credentials, the wire."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from werkzeug import Request, Response

from tap_freshsales_users.redact import MASK
from tests.tap.answering import API_KEY, SCIM_TOKEN, AnsweringServer, json_answer
from tests.tap.clocks import SkippingClock
from tests.tap.running import Outcome, run_tap

PERSON = "Philippa Quillfeather"
ONLY_SCIM = {"api_key": None, "max_attempts": 3}
ONLY_REST = {"scim_token": None, "max_attempts": 3}
# How error bodies tempt: a person, the credentials, a way to somewhere else.
BODY = json.dumps(
    {"detail": f"{PERSON} <pq@example.com> may not: Token token={API_KEY}, Bearer {SCIM_TOKEN}"}
)
USERS = "/scim/Users"
RETRIED = (500, 502, 503, 504)
# Who can help; with all others, the answer makes no sense (76).
EXIT_CODES = {401: 77, 403: 77, 404: 78, 501: 78, **dict.fromkeys(RETRIED, 75)}
STATUSES = (300, 302, 304, 400, 401, 402, 403, 404, 405, 409, 410, 418, 422, 501, *RETRIED)


# An empty list would be looked at twice.
ONE_USER = '{"totalResults": 1, "Resources": [{"id": "u1"}]}'


def assert_says_nothing_of_the_body(outcome: Outcome) -> None:
    said = outcome.log + outcome.output + json.dumps(outcome.messages)
    for secret in (PERSON, "Quillfeather", "pq@example.com", API_KEY, SCIM_TOKEN, "may not"):
        assert secret not in said
    assert MASK not in said, "only the net below kept a secret in"


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/scim+json", "text/html", "text/plain"]
)
@pytest.mark.parametrize("status", STATUSES)
def test_an_error_names_stream_path_page_and_remedy_and_never_the_body(
    status: int, media_type: str, tmp_path: Path
) -> None:
    reply = lambda _: Response("" if status == 304 else BODY, status, content_type=media_type)  # noqa: E731
    with AnsweringServer(reply) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == EXIT_CODES.get(status, 76)
    [error] = [
        line
        for line in outcome.log.splitlines()
        if "stream scim_users, GET /scim/Users, page 1: " in line and "| ERROR" in line
    ]
    assert str(status) in error
    if status in RETRIED:
        assert "attempt 3 of 3" in error
        assert server.paths.count(USERS) == 3
    else:
        # A list that refuses, or is not there, is asked for once more without paging.
        times = 2 if status in {400, 404, 501} else 1
        assert server.paths.count(USERS) == times, "asked again, though that cannot help"
    assert re.search(r"\. [A-Z][^.]+.*\.$", error), "no remedy"
    assert_says_nothing_of_the_body(outcome)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<html>{PERSON} {API_KEY}", id="html"),
        pytest.param(f'{{"{PERSON}', id="half"),
        pytest.param(json.dumps([PERSON, SCIM_TOKEN]), id="list"),
        pytest.param(json.dumps({"Resources": PERSON}), id="text"),
        pytest.param(json.dumps({"Resources": [PERSON]}), id="items"),
        pytest.param(json.dumps({"Resources": [{"id": None, "userName": PERSON}]}), id="no-id"),
    ],
)
def test_a_malformed_answer_is_described_and_never_quoted(body: str, tmp_path: Path) -> None:
    with AnsweringServer(lambda _: json_answer(body)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == 76
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: upstream_malformed"
    assert_says_nothing_of_the_body(outcome)


def test_a_scim_type_that_is_no_word_is_not_repeated(tmp_path: Path) -> None:
    body = json.dumps({"scimType": f"{PERSON} 1", "status": "400"})
    with AnsweringServer(lambda _: json_answer(body, 400)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert "the server refused the request (400)" in outcome.log
    assert_says_nothing_of_the_body(outcome)


def test_backoff_is_jittered_doubles_its_bound_and_never_passes_a_minute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ceilings: list[float] = []
    waits: list[float] = []

    def jitter(least: float, ceiling: float) -> float:
        assert least == 0
        ceilings.append(ceiling)
        return ceiling / 2

    class Watched(SkippingClock):
        def wait(self, seconds: float) -> None:
            waits.append(seconds)
            super().wait(seconds)

    monkeypatch.setattr("tap_freshsales_users.session.Clock", Watched)
    monkeypatch.setattr("random.uniform", jitter)
    with AnsweringServer(lambda _: json_answer("{}", 503)) as server:
        run_tap({**server.config, **ONLY_SCIM, "max_attempts": 10}, tmp_path)
    assert ceilings[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits[:9] == [ceiling / 2 for ceiling in ceilings[:9]]


@pytest.mark.parametrize(
    ("retry_after", "least", "most"), [("7", 7, 7), ("100000", 60, 60), ("soon", 0, 1), ("²", 0, 1)]
)
def test_a_server_error_may_ask_for_a_longer_wait_of_a_minute_at_the_most(
    retry_after: str, least: float, most: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clocks: list[SkippingClock] = []

    class Kept(SkippingClock):
        def __init__(self) -> None:
            super().__init__()
            clocks.append(self)

    monkeypatch.setattr("tap_freshsales_users.session.Clock", Kept)
    with AnsweringServer(lambda _: json_answer("{}", 503, Retry_After=retry_after)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM, "max_attempts": 2}, tmp_path)
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: upstream_unavailable"
    assert least <= clocks[0].waits[0] <= most


def soon(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("seconds", "least", "most"), [(30, 25, 31), (100_000, 60, 60), (-30, 0, 1)])
@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_may_name_a_date_to_wait_for(
    status: int, seconds: float, least: float, most: float, waits: list[float], tmp_path: Path
) -> None:
    answers = iter([json_answer("{}", status, Retry_After=soon(seconds))])
    with AnsweringServer(lambda _: next(answers, json_answer(EMPTY_LIST))) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert len(waits) == 1
    assert least <= waits[0] <= most


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "7"}], ids=["bare", "retry-after"])
@pytest.mark.parametrize("status", [408, 425])
@pytest.mark.parametrize("times", [1, 3])
def test_a_request_that_came_too_early_or_late_is_sent_again(
    times: int, status: int, headers: dict[str, str], waits: list[float], tmp_path: Path
) -> None:
    answers = iter([json_answer(BODY, status, **headers) for _ in range(times)])
    with AnsweringServer(lambda _: next(answers, json_answer(ONE_USER))) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    is_cured = times < 3
    assert outcome.receipt("scim_users")["is_complete"] is is_cured
    assert server.paths.count(USERS) == min(times + 1, 3)
    assert waits
    if not is_cured:
        assert f"the server answered {status}" in outcome.log
        assert "attempt 3 of 3" in outcome.log
    assert_says_nothing_of_the_body(outcome)


@pytest.mark.parametrize("attempts", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("page", [1, 2])
def test_failed_and_malformed_answers_share_one_count_of_attempts(
    page: int,
    attempts: int,
    waits: list[float],
    tmp_path: Path,
) -> None:
    bad = [(BODY, 503), ("no JSON", 200), ("[]", 200)]
    asked: list[str] = []

    def answer(request: Request) -> Response:
        if page == 2 and request.args.get("startIndex") == "1":
            users = [{"id": "u1"}, {"id": "u2"}]
            return json_answer(json.dumps({"totalResults": 3, "Resources": users}))
        text, status = bad[asked.count(request.path) % len(bad)]
        asked.append(request.path)
        return json_answer(text, status)

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM, "page_size": 2, "max_attempts": attempts}, tmp_path)
    what = "the server answered 503" if attempts % 3 == 1 else "JSON"
    assert re.search(
        rf"GET {USERS}, page {page}: .*{what}.*, attempt {attempts} of {attempts}\.", outcome.log
    )
    assert outcome.receipt("scim_users")["api_requests"] == attempts + (page == 2)
    assert len(waits) >= attempts - 1
    reason = "upstream_unavailable" if attempts % 3 == 1 else "upstream_malformed"
    assert outcome.receipt("scim_users")["incomplete_reason"] == f"failed: {reason}"


@pytest.mark.parametrize("retry_after", ["90", "date"])
@pytest.mark.parametrize("status", [400, 403, 409, 420, 429])
def test_a_refusal_with_retry_after_waits_and_asks_again(
    status: int, retry_after: str, waits: list[float], tmp_path: Path
) -> None:
    header = soon(90) if retry_after == "date" else retry_after
    answers = iter([json_answer(BODY, status, Retry_After=header)])
    with AnsweringServer(lambda _: next(answers, json_answer(ONE_USER))) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert outcome.receipt("scim_users")["api_requests"] == 2
    assert 80 < sum(waits) <= 92
    assert f"the server refused a request ({status}) and said when to come back" in outcome.log
    assert_says_nothing_of_the_body(outcome)


@pytest.mark.parametrize("retry_after", ["0", "1"])
def test_a_permission_that_always_asks_to_come_back_ends(
    retry_after: str, waits: list[float], tmp_path: Path
) -> None:
    with AnsweringServer(lambda _: json_answer(BODY, 403, Retry_After=retry_after)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == 75
    assert server.paths.count(USERS) == 3
    assert "answered 403 with Retry-After, attempt 3 of 3. It asks to come back later, but" in outcome.log
    assert "always refuses. SCIM needs" in outcome.log
    assert sum(waits) < 60
    assert_says_nothing_of_the_body(outcome)


@pytest.mark.parametrize("status", [201, 203, 204, 206])
def test_no_other_success_is_taken_for_a_whole_answer(status: int, tmp_path: Path) -> None:
    with AnsweringServer(lambda _: json_answer("" if status == 204 else EMPTY_LIST, status)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert not outcome.receipt("scim_users")["is_complete"]
    assert f"answered {status}." in outcome.log


# -- credentials


def test_a_token_is_sent_in_the_form_of_its_surface_with_what_is_accepted(tmp_path: Path) -> None:
    with AnsweringServer(lambda _: json_answer("{}", 403)) as server:
        run_tap(server.config, tmp_path)
    for request in server.requests:
        is_rest = request.path.startswith("/rest")
        assert request.headers["Authorization"] == (
            f"Token token={API_KEY}" if is_rest else f"Bearer {SCIM_TOKEN}"
        )
        assert ("scim+json" in request.headers["Accept"]) is not is_rest
        assert request.headers["User-Agent"].startswith("tap-freshsales-users/")
        assert "VERSION" not in request.headers["User-Agent"]
        assert request.method == "GET"


BASIC_FORMS = [f"{API_KEY}:X", f"X-API-KEY:{API_KEY}"]


@pytest.mark.parametrize("accepted", [0, 1, None])
def test_both_forms_of_basic_are_tried_once_and_the_accepted_one_stays(
    accepted: int | None, tmp_path: Path
) -> None:
    def answer(request: Request) -> Response:
        form = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        if accepted is None or form != BASIC_FORMS[accepted]:
            return json_answer(BODY, 401)
        return json_answer(
            json.dumps({"users": [], "roles": [], "territories": [], "teams": [], "user": {"id": 1}})
        )

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, **ONLY_REST, "api_auth": "basic"}, tmp_path)
    tried = [
        BASIC_FORMS.index(base64.b64decode(request.headers["Authorization"][6:]).decode())
        for request in server.requests
    ]
    assert tried == sorted(tried), "went back to a form that was refused"
    assert tried.count(0) == (len(tried) if accepted == 0 else 1)
    assert outcome.exit_code == (77 if accepted is None else 0), outcome.log
    assert base64.b64encode(BASIC_FORMS[1].encode()).decode() not in outcome.log
    assert_says_nothing_of_the_body(outcome)


def test_a_netrc_file_changes_no_credential(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with AnsweringServer(lambda _: json_answer("{}", 403)) as server:
        run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {SCIM_TOKEN}"}


EMPTY_LIST = json.dumps({"totalResults": 0, "Resources": []})


# -- the wire


def test_connections_are_kept_alive_one_session_a_surface(tmp_path: Path) -> None:
    ports: set[int] = set()

    def answer(request: Request) -> Response:
        ports.add(request.environ["REMOTE_PORT"])
        return json_answer(
            json.dumps(
                {
                    "users": [],
                    "roles": [],
                    "territories": [],
                    "teams": [],
                    "user": {"id": 1},
                    "Resources": [],
                    "totalResults": 0,
                }
            )
        )

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, "max_in_flight": 1}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert len(server.requests) == 13  # an empty list is looked at twice
    assert len(ports) == 2


@pytest.mark.parametrize(("page_size", "mebibytes", "bound"), [(16, 17, 17), (16, 18, 17), (64, 18, 20)])
def test_a_body_larger_than_its_page_size_allows_is_refused_once(
    page_size: int, mebibytes: int, bound: int, tmp_path: Path
) -> None:
    mebibyte = b" " * (1 << 20)

    def answer(_: Request) -> Response:
        def chunks() -> Iterator[bytes]:
            yield EMPTY_LIST.encode().ljust(1 << 20)
            for _ in range(mebibytes - 1):
                yield mebibyte

        return Response(chunks(), content_type="application/json")

    with AnsweringServer(answer) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM, "page_size": page_size}, tmp_path)
    assert outcome.receipt("scim_users")["is_complete"] is (mebibytes <= bound)
    assert (f"the answer is larger than {bound} MiB" in outcome.log) is (mebibytes > bound)
    assert server.paths.count(USERS) == (2 if mebibytes <= bound else 1)  # an empty list is looked at twice
