"""How the reading of a list ends, whatever the server does on a first or a later page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from dlt.sources.helpers.rest_client.client import RESTClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Request, Response

from freshsales_idp.reading import Reading, client_for, readings_of, sha256_of
from freshsales_idp.receipts import receipt_of
from freshsales_idp.tables import APP_USERS, LOG_EVENTS, USERS
from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.tenant import FRESHWORKS_APP
from freshsales_sandbox.rest import json_response
from tests.idp.conftest import settings_of

LISTS = {"users": "/users", "app_users": f"/apps/{FRESHWORKS_APP}/users", "log_events": "/logs"}
SIZE = 10
Answer = Callable[[Request], Response]


def of(sandbox: Sandbox, name: str) -> Reading:
    """Return the reading of a list in pages so small that there are several."""
    (reading,) = [
        reading
        for reading in readings_of(settings_of(sandbox), datetime.now(UTC))
        if reading.table.name == name
    ]
    reading.query["limit"] = str(SIZE)
    if name == "log_events":
        reading.query |= {"since": "2025-10-01T00:00:00Z"}
    return reading


def read(reading: Reading, client: RESTClient) -> list[dict[str, Any]]:
    return [row for page in reading.rows(client) for row in page]


def plain(content: object, **headers: str) -> Answer:
    def answer(_: Request) -> Response:
        response = json_response(content)
        response.headers.update(headers)
        return response

    return answer


def refused(status: int) -> Answer:
    return lambda _: json_response({"errorCode": "E0000000", "errorSummary": "of Ada Morris"}, status)


def same_page_again(request: Request) -> Response:
    response = json_response([{"id": "00u1", "uuid": "1"}])
    response.headers["Link"] = f'<{request.url}>; rel="next"'
    return response


def redirected(request: Request) -> Response:
    if request.path.endswith("elsewhere"):
        return json_response([])
    return Response(status=302, headers={"Location": "/api/v1/elsewhere"})


ANSWERS: dict[str, tuple[Answer, str]] = {
    "401": (refused(401), "Okta does not know the token"),
    "403": (refused(403), "needs the role Read-only Administrator"),
    "404": (refused(404), "Okta "),
    "400": (refused(400), "Okta answered 400"),
    "redirect": (redirected, "Okta redirects"),
    "web page": (lambda _: Response("<html>", content_type="text/html"), "not JSON"),
    "half an answer": (lambda _: Response('[{"id":', content_type="application/json"), "not JSON"),
    "an object": (plain({"users": []}), "an answer that is no list"),
    "null": (plain(None), "an answer that is no list"),
    "null among the entries": (plain([None]), "an entry without an id"),
    "an entry without its key": (plain([{"status": "ACTIVE"}]), "an entry without an id"),
    "a key that is a number": (plain([{"id": 7, "uuid": 7}]), "an entry without an id"),
    "the same page as next": (same_page_again, "that was read already"),
    "a next page on another host": (
        plain([], Link='<http://localhost:9/api/v1/users>; rel="next"'),
        "on another host",
    ),
}


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_list_that_does_not_end_well_is_not_complete(
    sandbox: Sandbox, client: RESTClient, answer: str, name: str, page: int
) -> None:
    respond, reason = ANSWERS[answer]
    asked: list[str] = []

    def interrupt(request: Request) -> Response | None:
        asked.append(request.path)
        return respond(request) if len(asked) >= page else None

    sandbox.okta.interrupt = interrupt
    reading = of(sandbox, name)
    rows = read(reading, client)
    assert reason in str(reading.incomplete_reason)
    assert "Ada" not in str(reading.incomplete_reason)
    if respond is not same_page_again:
        # What was read before is kept: a row is evidence, also where the list is not whole.
        assert len(rows) == len(reading.keys) == (page - 1) * SIZE
    assert reading.finished_at is not None


@pytest.mark.parametrize("name", LISTS)
def test_a_list_read_to_its_end_is_complete(sandbox: Sandbox, client: RESTClient, name: str) -> None:
    reading = of(sandbox, name)
    rows = read(reading, client)
    assert len(rows) > 2 * SIZE
    assert reading.incomplete_reason is None


def test_a_server_error_that_passes_is_asked_again(sandbox: Sandbox, client: RESTClient) -> None:
    asked: list[str] = []

    def fail_once(request: Request) -> Response | None:
        asked.append(request.path)
        return Response(status=503) if len(asked) == 2 else None

    sandbox.okta.interrupt = fail_once
    reading = of(sandbox, "users")
    rows = read(reading, client)
    assert reading.incomplete_reason is None
    assert len(rows) == len(sandbox.okta.tenant.users)


def test_a_list_nobody_began_to_read_is_not_complete(sandbox: Sandbox) -> None:
    assert of(sandbox, "users").incomplete_reason == "The list was not read."


def test_a_list_without_anybody_is_not_taken_for_everybody_gone(sandbox: Sandbox, client: RESTClient) -> None:
    sandbox.okta.interrupt = plain([])
    reading = of(sandbox, "users")
    assert read(reading, client) == []
    assert "not even the owner of the token" in str(reading.incomplete_reason)


def test_an_app_without_users_and_a_log_without_events_are_complete(
    sandbox: Sandbox, client: RESTClient
) -> None:
    sandbox.okta.interrupt = plain([])
    for name in ("app_users", "log_events"):
        reading = of(sandbox, name)
        assert read(reading, client) == []
        assert reading.incomplete_reason is None


def test_a_refused_request_waits_until_the_limit_is_reset() -> None:
    with Sandbox(people=40, seed=7, okta_quota="1/0.5s") as sandbox:
        client = client_for(settings_of(sandbox))
        reading = of(sandbox, "app_users")
        reading.query["limit"] = "25"
        rows = read(reading, client)
        client.session.close()
        asked = len(sandbox.okta.requests)
    assert reading.incomplete_reason is None
    assert len(rows) == len(sandbox.okta.tenant.assigned(FRESHWORKS_APP))
    assert asked > 2


def test_the_same_person_on_two_pages_is_counted_once(sandbox: Sandbox, client: RESTClient) -> None:
    pages = [
        ([{"id": "00u1"}, {"id": "00u2"}], f"{sandbox.okta_config['okta_url']}/api/v1/users?after=2"),
        ([{"id": "00u2"}], None),
    ]

    def answer(_: Request) -> Response:
        records, link = pages.pop(0)
        response = json_response(records)
        if link:
            response.headers["Link"] = f'<{link}>; rel="next"'
        return response

    sandbox.okta.interrupt = answer
    reading = of(sandbox, "users")
    read(reading, client)
    assert (reading.keys, reading.incomplete_reason) == ({"00u1", "00u2"}, None)


TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from("\0\ud83d"), max_size=5)


def test_a_row_that_is_not_in_the_warehouse_makes_the_receipt_incomplete(
    sandbox: Sandbox, client: RESTClient
) -> None:
    reading = of(sandbox, "users")
    read(reading, client)
    loaded = sorted(reading.keys)
    settings = settings_of(sandbox)
    assert receipt_of(reading, settings, "1", loaded)["is_complete"]
    for wrong in (loaded[1:], [*loaded[1:], "00uStranger"]):
        receipt = receipt_of(reading, settings, "1", wrong)
        assert not receipt["is_complete"]
        assert "The warehouse holds" in receipt["incomplete_reason"]
        assert receipt["keys_sha256"] == sha256_of(wrong)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted(
    {name for table in (USERS, APP_USERS, LOG_EVENTS) for path in table.columns for name in path.split(".")}
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    item=st.dictionaries(
        st.sampled_from(NAMES), JSON_VALUES | st.dictionaries(st.sampled_from(NAMES), JSON_VALUES)
    )
)
def test_any_json_becomes_a_row_of_the_tables_columns(item: dict[str, Any]) -> None:
    for table in (USERS, APP_USERS, LOG_EVENTS):
        row = table.row(item)
        assert list(row) == [path.replace(".", "__") for path in table.columns]
        for path, type_ in table.columns.items():
            value = row[path.replace(".", "__")]
            kinds = {"text": str, "timestamp": datetime, "json": list}
            assert value is None or isinstance(value, kinds[type_])
        text = json.dumps(row, ensure_ascii=False, default=str)
        assert "\\u0000" not in text
        text.encode()


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_the_hash_of_keys_is_that_of_their_sorted_lines(keys: set[str]) -> None:
    lines = sorted(key.encode() for key in keys)
    assert sha256_of(keys) == hashlib.sha256(b"\n".join(lines)).hexdigest()
