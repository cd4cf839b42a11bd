"""Each fault breaks the page that it names, as often as it says, and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.faults import FAULTS
from tests.sandbox.asking import Client

PEOPLE = 40
LIMIT = 64 << 20


def status(number: int, **headers: str) -> Callable[[Client], None]:
    def verify(client: Client) -> None:
        response = second_page(client)
        assert response.status_code == number
        assert headers.items() <= response.headers.items()

    return verify


def raises(kind: type[Exception], timeout: float = 10) -> Callable[[Client], None]:
    def verify(client: Client) -> None:
        with pytest.raises(kind):
            second_page(client, timeout)

    return verify


def body(is_right: Callable[[bytes], object]) -> Callable[[Client], None]:
    def verify(client: Client) -> None:
        response = second_page(client)
        assert response.status_code == 200
        assert is_right(response.content)

    return verify


def content(is_right: Callable[[dict[str, object]], object]) -> Callable[[Client], None]:
    return body(lambda raw: is_right(json.loads(raw)))


def not_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return True
    return False


def second_page(client: Client, timeout: float = 10) -> requests.Response:
    return client.scim("Users", startIndex=11, count=10, timeout=timeout)


CHECKS: dict[str, Callable[[Client], None]] = {
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "503-retry-after": status(503, **{"Retry-After": "1"}),
    "408": status(408),
    "403-retry-after": status(403, **{"Retry-After": "1"}),
    "429": status(429),
    "429-retry-after": status(429, **{"Retry-After": "1"}),
    "400": status(400),
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "timeout": raises(requests.ReadTimeout, 0.2),
    "trickle": raises(requests.exceptions.ChunkedEncodingError),
    "reset": raises(requests.ConnectionError),
    "closed": raises(requests.ConnectionError),
    "truncated": raises(requests.exceptions.ChunkedEncodingError),
    "chunk-cut": raises(requests.exceptions.ChunkedEncodingError),
    "empty-body": body(lambda raw: raw == b""),
    "invalid-json": body(not_json),
    "html": body(lambda raw: raw.startswith(b"<!DOCTYPE html>")),
    "json-list": body(lambda raw: json.loads(raw) == []),
    "json-null": body(lambda raw: json.loads(raw) is None),
    "no-records": content(lambda found: "Resources" not in found and found["totalResults"]),
    "records-object": content(lambda found: isinstance(found["Resources"], dict)),
    "records-null": content(lambda found: found["Resources"] is None),
    "records-no-objects": content(lambda found: found["Resources"] == ["one", 2, None]),
    "redirect-301": status(301),
    "redirect-302": status(302),
    "redirect-307": status(307),
    "oversized": body(lambda raw: len(raw) > LIMIT),
    "oversized-chunked": body(lambda raw: len(raw) > LIMIT),
    "oversized-gzip": body(lambda raw: len(raw) > LIMIT),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_the_second_page_once(name: str) -> None:
    with Sandbox(people=PEOPLE, faults=f"{name}@scim_users:2") as sandbox, Client(sandbox) as client:
        first = client.scim("Users", startIndex=1, count=10)
        CHECKS[name](client)
        again = second_page(client)
        assert [len(page.json()["Resources"]) for page in (first, again)] == [10, 10]
        assert client.rest("selector/owners").status_code == 200


def test_every_fault_breaks_rest_lists_and_the_profile_too() -> None:
    for path, endpoint in (("selector/owners", "owners"), ("settings/profile", "profile")):
        for name in sorted(
            FAULTS.keys() - {"timeout", "trickle", "oversized", "oversized-chunked", "oversized-gzip"}
        ):
            with Sandbox(people=5, faults=f"{name}@{endpoint}:1") as sandbox, Client(sandbox) as client:
                right = {"users", "user"}
                try:
                    broken = client.rest(path)
                    is_whole = broken.status_code == 200 and isinstance(found := broken.json(), dict)
                    is_whole = is_whole and any(
                        isinstance(found.get(key), list | dict) and 0 not in found and "0" not in found[key]
                        for key in right & set(found)
                    )
                    assert not is_whole or name == "records-no-objects"
                except (requests.RequestException, ValueError):
                    pass
                assert client.rest(path).status_code == 200


def test_a_fault_may_last_and_strikes_its_page_whatever_else_is_asked() -> None:
    faults = ("500@scim_users:2x2", "503@owners:1x*")
    with Sandbox(people=PEOPLE, faults=faults) as sandbox, Client(sandbox) as client:
        statuses = [
            client.scim("Users", startIndex=start, count=10).status_code
            for start in (1, 11, 1, 21, 11, 11, 11)
        ]
        assert statuses == [200, 500, 200, 200, 500, 200, 200]
        assert {client.rest("selector/owners").status_code for _ in range(5)} == {503}
        assert client.rest("selector/owners", page=2).status_code == 200


def test_a_reset_is_a_reset_and_not_a_goodbye() -> None:
    with (
        Sandbox(people=5, faults="reset@owners:1") as sandbox,
        urllib3.HTTPConnectionPool("127.0.0.1", sandbox.port, retries=False) as pool,
        pytest.raises(urllib3.exceptions.ProtocolError, match="ConnectionResetError"),
    ):
        pool.request("GET", "/crm/sales/api/selector/owners")


def test_a_redirect_leads_to_another_host_which_keeps_who_came() -> None:
    with Sandbox(people=5, faults="redirect-302@scim_users:1x*") as sandbox, Client(sandbox) as client:
        location = client.scim("Users", count=10).headers["Location"]
        assert f":{sandbox.port}/" not in location
        assert sandbox.elsewhere.requests == []
        requests.get(location, timeout=10)
        assert sandbox.elsewhere.requests == [("/scim/v2/Users", None)]


def test_a_hanging_answer_does_not_keep_the_server_from_stopping() -> None:
    before = threading.active_count()
    with (
        ThreadPoolExecutor(1) as pool,
        Sandbox(people=5, faults="timeout@owners:1x*") as sandbox,
        Client(sandbox) as client,
    ):
        hanging = pool.submit(client.rest, "selector/owners", timeout=60)
        while not sandbox.requests:
            threading.Event().wait(0.01)
        sandbox.stop()
        assert isinstance(hanging.exception(), requests.ConnectionError)
    assert threading.active_count() == before


def test_a_broken_answer_counts_as_none_and_spends_no_quota() -> None:
    with Sandbox(people=5, faults=("reset@owners:1", "500@roles:1"), quota="9/h") as sandbox:
        with Client(sandbox) as client:
            with pytest.raises(requests.ConnectionError):
                client.rest("selector/owners")
            assert "X-RateLimit-Limit" not in client.rest("selector/roles").headers
            assert client.rest("selector/roles").headers["X-RateLimit-Remaining"] == "8"
        assert [request.status for request in sandbox.requests] == [0, 500, 200]


def test_the_catalogue_says_of_each_fault_whether_a_retry_helps() -> None:
    cures = {name: fault.cure for name, fault in FAULTS.items()}
    assert {name for name, cure in cures.items() if cure == "later-page"} == {"html", "404"}
    never = {name for name, cure in cures.items() if cure == "never"}
    assert never == {
        *("400", "401", "403", "redirect-301", "redirect-302", "redirect-307"),
        *("oversized", "oversized-chunked", "oversized-gzip"),
    }
    assert set(CHECKS) == set(FAULTS)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("burn@owners:1", "'burn@owners:1' begins with none of: 500, 502"),
        ("500@people:1", "does not say when: write 500@LIST:N"),
        ("500@owners:0", "does not say when"),
        ("500@owners", "does not say when"),
        ("500", "does not say when"),
    ],
)
def test_a_fault_that_cannot_be_read_is_a_sentence(entry: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sandbox(people=1, faults=entry)
