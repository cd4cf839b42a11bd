"""The shared budget on a counted clock: headers of every form, the reserve, the pace, what a 429 costs."""

import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_freshsales_users.api.quota import AwaitAnswer, Exhausted, Go, Pause, Quota
from tap_freshsales_users.api.quota_headers import Told, read_headers
from tests.tap.window_server import (
    START,
    Client,
    Headers,
    Trip,
    WindowServer,
    epoch_milliseconds,
    epoch_seconds,
    nothing,
    retry_after_only,
    seconds_from_now,
)

HOUR, DAY = 3600, 86_400
SECONDS = st.floats(0.01, 3, allow_nan=False)
FATES = st.sampled_from(["arrives"] * 8 + ["lost", "broken"])
TRIPS = st.lists(st.builds(Trip, SECONDS, SECONDS, FATES), min_size=1, max_size=12)
SURE_TRIPS = st.lists(st.builds(Trip, SECONDS, SECONDS), min_size=1, max_size=12)
TELLING = [epoch_seconds, epoch_milliseconds, seconds_from_now]


def quota(
    *, per_hour: int = 1000, per_minute: int = 400, reserve: int = 50, max_wait_seconds: float = 10**9
) -> Quota:
    return Quota(
        requests_per_hour=per_hour,
        requests_per_minute=per_minute,
        reserve=reserve,
        max_wait_seconds=max_wait_seconds,
    )


def told(remaining: int, *, limit: int = 1000, resets_in: float = HOUR) -> Mapping[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(START + resets_in)),
    }


def go(budget: Quota, now: float = START) -> int:
    verdict = budget.ask(now)
    assert isinstance(verdict, Go), verdict
    return verdict.ticket


# -- what headers say


@pytest.mark.parametrize(
    "prefix",
    ["X-RateLimit", "x-ratelimit", "X-RATELIMIT", "RateLimit", "ratelimit", "X-Rate-Limit", "x-rate-limit"],
)
@pytest.mark.parametrize(
    "reset", [str(int(START) + 90), str((int(START) + 90) * 1000), "90"], ids=["seconds", "ms", "from-now"]
)
def test_headers_are_read_in_any_letter_case_and_with_any_kind_of_reset(prefix: str, reset: str) -> None:
    headers = {f"{prefix}-Limit": "1000", f"{prefix}-Remaining": "42", f"{prefix}-Reset": reset}
    assert read_headers(headers, START) == Told(1000, 42, START + 90, None)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_read_as_seconds_and_as_a_date(name: str, form: str) -> None:
    date = format_datetime(datetime.fromtimestamp(START + 90, UTC), usegmt=True)
    assert read_headers({name: "90" if form == "seconds" else date}, START).retry_at == START + 90


def test_a_policy_behind_a_number_does_not_hide_it() -> None:
    headers = {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "7", "RateLimit-Reset": "30"}
    assert read_headers(headers, START) == Told(100, 7, START + 30, None)


@pytest.mark.parametrize("name", ["X-RateLimit-Total", "x-ratelimit-total", "X-Rate-Limit-Total"])
def test_the_limit_may_be_called_a_total(name: str) -> None:
    assert read_headers({name: "1000", "X-RateLimit-Remaining": "7"}, START) == Told(1000, 7, None, None)


def utc(moment: float, offset_hours: float = 0) -> datetime:
    return datetime.fromtimestamp(moment, timezone(timedelta(hours=offset_hours)))


MOMENT_TEXTS = {
    "iso-offset": lambda moment: utc(moment, 5.75).isoformat(),
    "iso-utc": lambda moment: utc(moment).isoformat(),
    "iso-z": lambda moment: utc(moment).isoformat().replace("+00:00", "Z"),
    "iso-fraction": lambda moment: utc(moment).isoformat(timespec="milliseconds"),
    "http-date": lambda moment: format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True),
    "http-date-offset": lambda moment: format_datetime(utc(moment)),
    "asctime": lambda moment: utc(moment).strftime("%a %b %d %H:%M:%S %Y"),
    "milliseconds": lambda moment: f"{round((moment - START) * 1000)}ms",
    "seconds": lambda moment: f"{round(moment - START)}s",
}


@pytest.mark.parametrize(
    "name", ["X-RateLimit-Reset", "X-Rate-Limit-Reset", "RateLimit-Reset", "Retry-After"]
)
@pytest.mark.parametrize("form", MOMENT_TEXTS)
@given(seconds=st.integers(1, 30 * DAY))
@settings(max_examples=20)
def test_a_moment_is_read_from_a_date_or_a_duration(name: str, form: str, seconds: int) -> None:
    said = read_headers({name: MOMENT_TEXTS[form](START + seconds)}, START)
    assert (said.retry_at if name == "Retry-After" else said.resets_at) == START + seconds


@pytest.mark.parametrize("name", ["X-RateLimit-Reset", "Retry-After"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25", "2026-11-25T00:02:22", "2026-13-45T00:00:00Z", "12h", "1h30m", "soon", "never", "", " ",
        "-1", "-120000ms", "NaN", "inf", "Infinity", "1e3", "0x10", "30 seconds", "1.2.3", "½", "٣٠",
        "9" * 400, "9" * 400 + "ms", "Wed, 99 Foo 2026 07:28:00 GMT",
    ],
)  # fmt: skip
def test_a_reset_of_any_other_text_is_no_news(name: str, text: str) -> None:
    assert read_headers({name: text}, START) == Told(None, None, None, None)


@pytest.mark.parametrize("field", ["Limit", "Total", "Remaining"])
@pytest.mark.parametrize(
    "text", ["-1", "NaN", "inf", "unlimited", "", "1e3", "12 of 100", "2026-11-25T00:00:00Z"]
)
def test_a_number_of_any_other_text_is_no_news(field: str, text: str) -> None:
    assert read_headers({f"X-RateLimit-{field}": text}, START) == Told(None, None, None, None)


@pytest.mark.parametrize(
    ("headers", "limit", "remaining", "resets_in"),
    [
        ({"RateLimit": '"default";r=50;t=30'}, None, 50, 30),
        ({"ratelimit": '"default";t=30;r=50'}, None, 50, 30),
        ({"RateLimit": "default; r=50; t=30; pk=:c2VjcmV0:"}, None, 50, 30),
        ({"RateLimit": '"a,b;r=1";r=50;t=30'}, None, 50, 30),
        ({"RateLimit": '"default";r=50'}, None, 50, None),
        ({"RateLimit": '"day";r=900;t=9000, "minute";r=5;t=30'}, None, 5, 30),
        ({"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=60'}, 100, 50, 30),
        (
            {
                "RateLimit": '"day";r=900;t=9000, "minute";r=5;t=30',
                "RateLimit-Policy": '"day";q=1000;w=86400, "minute";q=20;w=60',
            },
            20, 5, 30,
        ),
        (
            {
                "RateLimit": '"day";r=0;t=9000, "minute";r=5;t=30',
                "RateLimit-Policy": '"day";q=0;w=86400, "minute";q=20;w=60',
            },
            20, 5, 30,
        ),
        ({"RateLimit": "limit=100, remaining=50, reset=30"}, 100, 50, 30),
        ({"RateLimit": '"default";r=50;t=99999999999'}, None, 50, None),
        ({"RateLimit": '"default";r=-1;t=30'}, None, None, None),
        ({"RateLimit": '"default";r=1.5;t=30'}, None, None, None),
        ({"RateLimit": "nonsense"}, None, None, None),
    ],
)  # fmt: skip
def test_structured_fields_are_read(
    headers: dict[str, str], limit: int | None, remaining: int | None, resets_in: int | None
) -> None:
    resets_at = None if resets_in is None else START + resets_in
    assert read_headers(headers, START) == Told(limit, remaining, resets_at, None)


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {f"{spelling}-Limit": "0", f"{spelling}-Remaining": "0", f"{spelling}-Reset": "3600"}
            for spelling in ("X-RateLimit", "X-Rate-Limit", "RateLimit")
        ),
        {"RateLimit": '"default";r=0;t=3600', "RateLimit-Policy": '"default";q=0;w=3600'},
        {"RateLimit": "limit=0, remaining=0, reset=3600"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_a_limit_of_zero_with_nothing_left_limits_nothing(headers: dict[str, str]) -> None:
    budget = quota()
    for _ in range(20):
        budget.answered(go(budget), START, 200, headers)
    assert budget.left is None


def test_nothing_left_of_a_real_limit_still_stops() -> None:
    budget = quota(reserve=0)
    budget.answered(go(budget), START, 200, told(0))
    assert isinstance(budget.ask(START), Pause)


@pytest.mark.parametrize("status", [400, 403, 408, 409, 420, 425, 429])
def test_a_refusal_with_retry_after_waits_until_then(status: int) -> None:
    budget = quota()
    assert budget.answered(go(budget), START, status, {"Retry-After": "90"})
    pause = budget.ask(START)
    assert isinstance(pause, Pause)
    assert pause.until == START + 90
    assert str(status) in pause.reason


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {}), (400, {}), (403, {"Retry-After": "soon"}), (403, told(0)), (200, {"Retry-After": "90"}),
        (401, {"Retry-After": "90"}), (404, {"Retry-After": "90"}), (407, {"Retry-After": "90"}),
        (503, {"Retry-After": "90"}),
    ],
)  # fmt: skip
def test_any_other_refusal_is_no_matter_of_the_quota(status: int, headers: dict[str, str]) -> None:
    budget = quota()
    assert not budget.answered(go(budget), START, status, headers)


@given(
    st.dictionaries(
        st.sampled_from(
            ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "RateLimit"]
        ),
        st.one_of(
            st.text(st.characters(max_codepoint=255), max_size=30),
            st.text(string.digits, min_size=1, max_size=400),
            st.text(string.digits + "GMTWedOct ,:-+.;e", max_size=30),
            st.text(string.digits + '"rt=;, -', max_size=30),
        ),
    )
)
@example({"X-RateLimit-Remaining": "9" * 400})
@example({"Retry-After": "9" * 400})
@example({"X-RateLimit-Reset": str(int(START * 10**6))})
@example({"Retry-After": "Wed, 21 Oct 2026 07:28:00 +999999999"})
def test_senseless_headers_break_nothing_and_wait_a_year_at_the_most(
    headers: dict[str, str],
) -> None:
    said = read_headers(headers, START)
    for moment in (said.resets_at, said.retry_at):
        assert moment is None or moment < START + 367 * DAY


# -- what is left, and for whom


def test_the_first_request_goes_alone_and_the_others_follow_its_answer() -> None:
    budget = quota()
    first = go(budget)
    assert budget.ask(START) == AwaitAnswer()
    budget.answered(first, START, 200, told(900))
    for _ in range(16):
        go(budget)


@pytest.mark.parametrize(("setting", "left"), [(1000, 2500), (5000, 80)])
def test_headers_are_believed_over_the_settings(setting: int, left: int) -> None:
    budget = quota(per_hour=setting, per_minute=setting, reserve=0)
    budget.answered(go(budget), START, 200, told(left, limit=left + 1))
    for number in range(left):
        budget.answered(go(budget), START, 200, told(left - number - 1, limit=left + 1))
    pause = budget.ask(START)
    assert isinstance(pause, Pause)
    assert pause.until == START + HOUR


def test_the_reserve_is_left_alone_until_the_reset() -> None:
    budget = quota(reserve=50)
    budget.answered(go(budget), START, 200, told(53))
    tickets = [go(budget) for _ in range(3)]
    assert budget.ask(START) == AwaitAnswer()
    for left, ticket in zip((52, 51, 50), tickets, strict=True):
        budget.answered(ticket, START, 200, told(left))
    pause = budget.ask(START)
    assert isinstance(pause, Pause)
    assert (pause.until, "reserve" in pause.reason) == (START + HOUR, True)
    go(budget, START + HOUR)


@pytest.mark.parametrize(
    ("limit", "reserved"), [(1000, 50), (5000, 50), (400, 20), (100, 5), (20, 1), (19, 0), (5, 0)]
)
def test_of_a_smaller_limit_the_same_share_is_reserved(limit: int, reserved: int) -> None:
    budget = quota(per_hour=1000, reserve=50)
    budget.answered(go(budget), START, 200, told(reserved + 1, limit=limit))
    budget.answered(go(budget), START, 200, told(reserved, limit=limit))
    assert isinstance(budget.ask(START), Pause)


def test_what_answers_do_not_tell_is_taken_off_what_was_told_before() -> None:
    """One surface may tell what is left, and the other one not."""
    budget = quota(reserve=0)
    budget.answered(go(budget), START, 200, told(2))
    budget.answered(go(budget), START, 200, {})
    go(budget)
    budget.unanswered()
    assert isinstance(budget.ask(START), Pause)


# -- with nothing told


def test_with_no_headers_it_keeps_to_the_requests_a_minute() -> None:
    client = Client(quota(per_minute=10), WindowServer(10**6, HOUR, nothing), 4, [Trip(0.01, 0.01)])
    client.send(35)
    assert_paced(client.sent, 10, 60)
    assert client.sent[-1] - client.sent[0] < 4 * 60
    assert {pause.reason for pause in client.pauses} == {"`requests_per_minute` are spent"}


def test_with_no_headers_it_keeps_to_the_requests_an_hour_less_the_reserve() -> None:
    client = Client(quota(per_hour=30, reserve=10), WindowServer(10**6, HOUR, nothing), 4, [Trip(0.01, 0.01)])
    client.send(70)
    assert_paced(client.sent, 20, HOUR)
    assert client.sent[-1] - client.sent[0] < 4 * HOUR
    assert {pause.reason for pause in client.pauses} == {"`requests_per_hour` less `quota_reserve` are spent"}


def assert_paced(sent: list[float], most: int, seconds: float) -> None:
    assert all(later - earlier >= seconds for earlier, later in zip(sent, sent[most:], strict=False))


def test_a_blind_429_waits_from_one_second_doubling_to_sixty() -> None:
    budget = quota()
    now, waits = START, []
    for _ in range(9):
        budget.answered(go(budget, now), now, 429, {})
        pause = budget.ask(now)
        assert isinstance(pause, Pause)
        waits.append(pause.until - now)
        now = pause.until
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    budget.answered(go(budget, now), now, 200, {})
    budget.answered(go(budget, now), now, 429, {})
    assert budget.ask(now) == Pause(now + 1, "the server refused a request (429) and did not say until when")


def test_after_a_blind_429_one_probe_goes_at_a_time_whatever_was_under_way() -> None:
    budget = quota()
    budget.answered(go(budget), START, 200, {})
    early, refused, late = go(budget), go(budget), go(budget)
    budget.answered(refused, START, 429, {})
    # These were sent before the refusal: that they were let through, or not, is no news of what came after.
    budget.answered(late, START + 0.5, 429, {})
    assert budget.ask(START + 0.5) == Pause(
        START + 1, "the server refused a request (429) and did not say until when"
    )
    budget.answered(early, START + 0.6, 200, {})
    probe = go(budget, START + 1)
    assert budget.ask(START + 1) == AwaitAnswer()
    budget.answered(probe, START + 1, 429, {})
    pause = budget.ask(START + 1)
    assert isinstance(pause, Pause)
    assert pause.until == START + 3, "the answer to an earlier request made the waits begin anew"


@given(
    limit=st.integers(1, 40),
    window_seconds=st.floats(5, 200, allow_nan=False),
    in_flight=st.integers(1, 16),
    trips=SURE_TRIPS,
)
@settings(max_examples=60)
def test_without_headers_one_window_refuses_only_what_was_under_way(
    limit: int, window_seconds: float, in_flight: int, trips: list[Trip]
) -> None:
    server = WindowServer(limit, window_seconds, nothing)
    client = Client(quota(per_hour=10**6, per_minute=10**6), server, in_flight, trips)
    client.send(limit * 3 + 5)
    # 1 + 2 + 4 + … seconds reach the end of the window.
    probes = sum(2**n - 1 < window_seconds + 6 for n in range(1, 6)) + window_seconds / 60 + 2
    assert max(server.refused.values(), default=0) <= in_flight + probes


# -- what a 429 costs where headers tell


@pytest.mark.parametrize("headers", [*TELLING, retry_after_only])
@given(
    limit=st.integers(1, 40),
    window_seconds=st.floats(8, 200, allow_nan=False),
    in_flight=st.integers(1, 16),
    trips=SURE_TRIPS,
    spent_by_others=st.integers(0, 40),
)
@settings(max_examples=60)
def test_a_429_costs_at_most_one_refused_request_for_each_reset(
    headers: Headers,
    limit: int,
    window_seconds: float,
    in_flight: int,
    trips: list[Trip],
    spent_by_others: int,
) -> None:
    server = WindowServer(
        limit, window_seconds, headers, START + window_seconds, min(spent_by_others, limit), window=1
    )
    client = Client(quota(per_hour=10**6, per_minute=10**6, reserve=0), server, in_flight, trips)
    requests = limit * 4 + 5
    client.send(requests)
    assert client.exhausted is None
    most = 1 if headers in TELLING else in_flight
    assert max(server.refused.values(), default=0) <= most
    if headers in TELLING:
        windows = requests / limit + 2
        on_the_way = 6 * (requests + windows)
        assert client.now - START < windows * (window_seconds + 1) + on_the_way, (
            "it waits longer than it has to"
        )


@pytest.mark.parametrize("headers", TELLING)
@given(
    limit=st.integers(1, 40),
    window_seconds=st.floats(8, 200, allow_nan=False),
    in_flight=st.integers(1, 16),
    trips=TRIPS,
)
@settings(max_examples=60)
def test_requests_that_fail_on_the_way_cost_no_more_refusals(
    headers: Headers, limit: int, window_seconds: float, in_flight: int, trips: list[Trip]
) -> None:
    server = WindowServer(limit, window_seconds, headers)
    client = Client(quota(per_hour=10**6, per_minute=10**6, reserve=0), server, in_flight, trips)
    client.send(60 if any(trip.fate == "arrives" for trip in trips) else 0)
    assert max(server.refused.values(), default=0) <= 1


@given(limit=st.integers(20, 200), in_flight=st.integers(1, 16), trips=SURE_TRIPS)
@settings(max_examples=40)
def test_the_reserve_is_never_touched_by_requests_side_by_side(
    limit: int, in_flight: int, trips: list[Trip]
) -> None:
    server = WindowServer(limit, HOUR, epoch_seconds)
    client = Client(quota(per_hour=1000, reserve=100), server, in_flight, trips)
    client.send(2 * limit)
    assert server.most_spent <= limit - limit // 10
    assert not server.refused


# -- how long a run may wait


def test_the_waits_are_summed_up_and_the_one_that_is_too_long_is_not_begun() -> None:
    budget = quota(max_wait_seconds=150)
    now = START
    for resets_in in (100, 50):
        budget.answered(go(budget, now), now, 200, {**told(0), "X-RateLimit-Reset": str(resets_in)})
        pause = budget.ask(now)
        assert isinstance(pause, Pause)
        now = pause.until
    budget.answered(go(budget, now), now, 200, {**told(0), "X-RateLimit-Reset": "1"})
    assert budget.ask(now) == Exhausted(now + 1)


def test_a_second_of_waiting_counts_once_however_many_requests_wait() -> None:
    budget = quota(max_wait_seconds=100)
    budget.answered(go(budget), START, 200, told(20, resets_in=100, limit=20))
    tickets = [go(budget) for _ in range(16)]
    for ticket in tickets:
        budget.answered(ticket, START, 429, told(0, resets_in=100))
        assert isinstance(budget.ask(START), Pause)
    go(budget, START + 100)


def test_a_wait_longer_than_allowed_is_refused_at_once_and_stays_refused() -> None:
    budget = quota(max_wait_seconds=HOUR - 1)
    budget.answered(go(budget), START, 200, told(0))
    assert [budget.ask(START + later) for later in (0, 1, 60)] == [Exhausted(START + HOUR)] * 3
