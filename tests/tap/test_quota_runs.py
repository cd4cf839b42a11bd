"""The quota in whole runs: against the sandbox's own, on one clock that waits move, and once in real time."""

import logging
import threading
from itertools import groupby
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.api.clock import Clock, Stopped
from tap_freshsales_users.api.quota import Quota
from tap_freshsales_users.api.quota_gate import QuotaGate
from tap_freshsales_users.errors import QuotaExhaustedError
from tests.tap.clocks import SkippingClock
from tests.tap.running import run_tap
from tests.tap.truth import LISTS, truth_of

HOUR = 3600


def share_clock(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SkippingClock:
    """Both sides wait on one clock."""
    clock = SkippingClock()
    assert sandbox.quota is not None
    sandbox.quota.clock = clock.time
    monkeypatch.setattr("tap_freshsales_users.session.Clock", lambda: clock)
    return clock


def refusals_by_window(sandbox: Sandbox) -> list[int]:
    """How many requests in a row were refused, each time that any was."""
    by_status = groupby(sandbox.requests, key=lambda asked: asked.status == 429)
    return [len(list(asked)) for is_refused, asked in by_status if is_refused]


@pytest.mark.parametrize(
    "quirks",
    [
        (),
        ("quota-lower-case",),
        ("quota-ratelimit",),
        ("quota-x-rate-limit",),
        ("quota-total",),
        ("quota-reset-milliseconds",),
        ("quota-reset-date",),
    ],
)
@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_run_of_many_quotas_reads_everything_and_is_never_refused(
    in_flight: int, quirks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Sandbox(people=80, quota="20/h", quirks=quirks) as sandbox:
        clock = share_clock(sandbox, monkeypatch)
        settings = {"page_size": 2, "max_in_flight": in_flight, "max_quota_wait_seconds": 100 * HOUR}
        outcome = run_tap({**sandbox.config, **settings, "max_attempts": 1}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0, outcome.log
    for name in LISTS:
        assert set(outcome.keys(name)) == truth[name]
        assert outcome.receipt(name)["is_complete"]
    windows = len(sandbox.requests) // 19 + 1
    assert windows > 5
    assert (windows - 2) * HOUR < sum(clock.waits) < (windows + 1) * HOUR + 60
    # 1 of 20 is the reserve's share, and is never asked for.
    assert refusals_by_window(sandbox) == []


def test_where_others_spend_the_quota_only_requests_under_way_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Sandbox(people=80, quota="20/h,others@1") as sandbox:
        share_clock(sandbox, monkeypatch)
        settings = {"page_size": 4, "max_in_flight": 8, "max_quota_wait_seconds": 100 * HOUR}
        outcome = run_tap({**sandbox.config, **settings, "quota_reserve": 0}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0, outcome.log
    assert set(outcome.keys("scim_users")) == truth["scim_users"]
    # Those under way when the others spent the rest are refused together, and nobody can know before.
    assert all(refused < 8 for refused in refusals_by_window(sandbox))


def test_without_headers_a_run_waits_by_single_probes_and_reads_everything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Sandbox(people=40, quota="20/10m", quirks=("quota-no-headers",)) as sandbox:
        clock = share_clock(sandbox, monkeypatch)
        settings = {
            "page_size": 4,
            "max_in_flight": 8,
            "max_quota_wait_seconds": 100 * HOUR,
            "max_attempts": 1,
        }
        outcome = run_tap({**sandbox.config, **settings}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0, outcome.log
    assert set(outcome.keys("scim_users")) == truth["scim_users"]
    assert {1, 2, 4, 8, 16} <= {round(wait) for wait in clock.waits}


def test_five_requests_in_two_seconds_in_real_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tap_freshsales_users.session.Clock", Clock)
    with Sandbox(people=20, quota="5/2s") as sandbox:
        outcome = run_tap({**sandbox.config, "max_in_flight": 8}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0, outcome.log
    for name in LISTS:
        assert set(outcome.keys(name)) == truth[name]
    assert all(refused <= 1 for refused in refusals_by_window(sandbox))
    assert "the account's quota is used up but for the reserve" in outcome.log


# -- longer than the run may wait


@pytest.mark.parametrize("in_flight", [1, 8])
def test_a_quota_that_resets_too_late_ends_the_run_and_says_when(in_flight: int, tmp_path: Path) -> None:
    with Sandbox(people=20, quota="7/h") as sandbox:
        settings = {"max_quota_wait_seconds": 600, "max_in_flight": in_flight, "page_size": 100}
        outcome = run_tap({**sandbox.config, **settings}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 75
    assert "The account's quota of requests is used up until 20" in outcome.log
    assert "run again after the reset, or raise `max_quota_wait_seconds`" in outcome.log
    for name in ("owners", "roles"):  # with the profile, seven requests
        assert outcome.receipt(name)["is_complete"]
        assert set(outcome.keys(name)) == truth[name]
    for name in ("territories", "scim_users", "scim_groups", "scim_group_members"):
        receipt = outcome.receipt(name)
        assert (receipt["is_complete"], receipt["incomplete_reason"]) == (False, "failed: quota")
    assert len(sandbox.requests) == 7
    assert outcome.messages[-1]["type"] == "STATE"


# -- the gate


class Blocked:
    """A gate whose quota is used up for so long."""

    def __init__(self, seconds: int, clock: Clock, max_wait_seconds: float = 10**6) -> None:
        quota = Quota(
            requests_per_hour=1000, requests_per_minute=400, reserve=0, max_wait_seconds=max_wait_seconds
        )
        self.gate = QuotaGate(quota, clock, logging.getLogger("gate"))
        headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(seconds)}
        self.gate.leave(self.gate.enter(), 200, headers)


def test_a_wait_is_announced_with_its_reason_and_again_every_30_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    Blocked(100, SkippingClock()).gate.enter()
    said = [record.getMessage() for record in caplog.records]
    assert [line.split(", until ")[0] for line in said] == [f"Waiting {left} s" for left in (100, 70, 40, 10)]
    assert len({line.split(", until ")[1] for line in said}) == 1
    assert all(line.endswith("the account's quota is used up but for the reserve.") for line in said)


def test_the_next_wait_is_announced_anew(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gate = Blocked(10, SkippingClock()).gate
    for _ in range(2):
        gate.leave(gate.enter(), 200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "20"})
    gate.enter()
    assert [record.getMessage().split(", until ")[0] for record in caplog.records] == [
        "Waiting 10 s", "Waiting 20 s", "Waiting 20 s"
    ]  # fmt: skip


def test_a_wait_that_is_too_long_raises_and_says_when_the_quota_resets() -> None:
    clock = SkippingClock()
    clock.time = lambda: 1_800_000_000.0  # type: ignore[method-assign]
    with pytest.raises(QuotaExhaustedError, match=r"used up until 2027-01-15T08:16:40Z\. That is longer"):
        Blocked(1000, clock, max_wait_seconds=999).gate.enter()


@pytest.mark.parametrize("others", [0, 7])
def test_waits_for_hours_and_for_answers_end_as_soon_as_the_run_is_stopped(others: int) -> None:
    clock = Clock()
    waiting = threading.Semaphore(0)
    ended: list[str] = []

    class Telling(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
            waiting.release()

    logger = logging.getLogger("telling")
    logger.setLevel(logging.INFO)
    handler = Telling()
    logger.addHandler(handler)
    gate = Blocked(HOUR, clock).gate
    gate._logger = logger  # noqa: SLF001

    def enter() -> None:
        try:
            gate.enter()
        except Stopped:
            ended.append("stopped")

    threads = [threading.Thread(target=enter) for _ in range(1 + others)]
    for thread in threads:
        thread.start()
    assert waiting.acquire(timeout=20)
    clock.stop()
    gate.stop()
    for thread in threads:
        thread.join(20)
    logger.removeHandler(handler)
    assert ended == ["stopped"] * (1 + others)


def test_waits_for_the_quota_are_no_attempts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Sandbox(people=21, faults="429@scim_users:1x3") as sandbox:
        clock = share_clock(sandbox, monkeypatch)
        outcome = run_tap({**sandbox.config, "max_attempts": 1}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert outcome.receipt("scim_users")["api_requests"] == 4
    assert [round(wait) for wait in clock.waits] == [1, 2, 4]
