"""One quota for both surfaces."""

from __future__ import annotations

import time

import pytest

from freshsales_sandbox.app import USUAL_QUOTA, Sandbox
from freshsales_sandbox.quota import Quota
from tests.sandbox.asking import Client


def test_both_surfaces_spend_from_one_quota_and_429_follows_it() -> None:
    with Sandbox(people=5, quota="4/h") as sandbox, Client(sandbox) as client:
        answers = [
            client.rest("selector/roles"),
            client.scim("Users"),
            client.rest("no/such/thing"),
            client.scim("Groups"),
            client.scim("Users"),
            client.rest("selector/roles"),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 429, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == [
            "3",
            "2",
            "1",
            "0",
            "0",
            "0",
        ]
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"4"}
        assert 3500 < int(answers[-1].headers["X-RateLimit-Reset"]) - time.time() <= 3601
        assert "Retry-After" not in answers[-1].headers


def test_without_a_word_it_is_the_documented_one_and_none_tells_nothing() -> None:
    assert USUAL_QUOTA == "1000/h"
    with Sandbox(people=1) as sandbox, Client(sandbox) as client:
        assert client.rest("selector/roles").headers["X-RateLimit-Limit"] == "1000"
    with Sandbox(people=1, quota=None) as sandbox, Client(sandbox) as client:
        assert not any("ratelimit" in name.lower() for name in client.rest("selector/roles").headers)


def test_a_window_begins_with_its_first_request_and_ends_on_time() -> None:
    now = 1000.0
    quota = Quota(2, 10, clock=lambda: now)
    assert [quota.spend().is_refused for _ in range(3)] == [False, False, True]
    now = 1009.9
    assert quota.spend().is_refused
    now = 1010.0
    standing = quota.spend()
    assert (standing.is_refused, standing.remaining, standing.resets_at) == (False, 1, 1020.0)


def test_others_spend_from_the_same_account() -> None:
    quota = Quota.parse("10/h, others@2")
    assert [quota.spend().remaining for _ in range(4)] == [7, 4, 1, 0]
    assert quota.spend().is_refused


@pytest.mark.parametrize(
    ("text", "limit", "window"),
    [("1000/h", 1000, 3600), ("5/2s", 5, 2), ("400/1m", 400, 60), ("9/0.5s", 9, 0.5)],
)
def test_a_quota_is_written_as_requests_in_a_time(text: str, limit: int, window: float) -> None:
    quota = Quota.parse(text)
    assert (quota.limit, quota.window, quota.others) == (limit, window, 0)


@pytest.mark.parametrize(
    "text", ["", "5", "5/", "0/h", "5/0s", "5/2d", "-1/h", "5/2s,others@", "5/2s,others"]
)
def test_what_is_no_quota_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no quota: write REQUESTS/TIME"):
        Quota.parse(text)
