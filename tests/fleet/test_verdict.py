"""The verdict names each account that the warehouse does not hold as read in this run, and why."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshsales_fleet.inventory import STREAMS, Account
from freshsales_fleet.verdict import Verdict, judge
from freshsales_review.verify import NOT_GIVEN_ANY_MORE, Check, Held, Receipt

GOOD, BAD = "good.myfreshworks.com", "bad.myfreshworks.com"
EXPECTED = ["absent", "unreadable"]


def account(host: str, *required: str) -> Account:
    return Account(host, f"freshsales_{host}", required)


def check(host: str, stream: str, *differences: str, reason: str | None = None) -> Check:
    return Check(Receipt(host, "run", stream, reason is None, reason, 1, None), Held(), differences)


def whole(host: str, streams: Sequence[str] = STREAMS) -> list[Check]:
    return [check(host, stream) for stream in streams]


def test_a_fleet_of_whole_accounts_is_green() -> None:
    verdict = judge([account(GOOD, *STREAMS), account(BAD)], [*whole(GOOD), *whole(BAD)])
    assert verdict.is_green
    assert verdict.sentences == ["Green: all 2 accounts were read in this run and are in the warehouse."]


@given(st.sets(st.sampled_from(STREAMS), min_size=1), st.text(min_size=1, max_size=20))
def test_a_difference_names_its_account_its_streams_and_why(streams: set[str], why: str) -> None:
    checks = [check(BAD, stream, *([why] if stream in streams else [])) for stream in STREAMS]
    verdict = judge([account(GOOD), account(BAD)], [*whole(GOOD), *checks])
    named = ", ".join(stream for stream in STREAMS if stream in streams)
    assert verdict.faults == {BAD: [f"{why}: {named}"]}


def test_an_account_of_which_the_warehouse_says_nothing_is_named() -> None:
    verdict = judge([account(GOOD), account(BAD)], whole(GOOD))
    assert verdict.faults == {BAD: ["not read in this run: all streams"]}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_required_stream_that_was_not_read_is_a_fault(stream: str) -> None:
    others = [name for name in STREAMS if name != stream]
    assert judge([account(BAD, stream)], whole(BAD, others)).faults[BAD]
    assert judge([account(BAD, *others)], whole(BAD, others)).is_green


@pytest.mark.parametrize("reason", EXPECTED)
@pytest.mark.parametrize("stream", STREAMS)
def test_what_an_account_does_not_have_is_a_fault_where_required(stream: str, reason: str) -> None:
    checks = [check(BAD, name, reason=reason if name == stream else None) for name in STREAMS]
    assert judge([account(BAD)], checks).is_green
    assert reason in judge([account(BAD, stream)], checks).faults[BAD][0]


@pytest.mark.parametrize(
    ("required", "is_fault"), [([], True), (["owners"], False), (["owners", "teams"], True)], ids=str
)
def test_what_an_account_gave_before_may_go_where_others_are_required(
    required: list[str], *, is_fault: bool
) -> None:
    checks = whole(BAD, [name for name in STREAMS if name != "teams"])
    checks.append(check(BAD, "teams", NOT_GIVEN_ANY_MORE, reason="absent"))
    assert judge([account(BAD, *required)], checks).is_green is not is_fault


def test_nobody_is_named_where_the_warehouse_does_not_tell() -> None:
    verdict = Verdict(2, {}, ["PostgreSQL cannot be opened."], is_known=False)
    assert not verdict.is_green
    assert verdict.sentences == [
        "Red: the warehouse does not tell which accounts were read.",
        "PostgreSQL cannot be opened.",
    ]


def test_what_went_wrong_for_all_together_is_red_as_well() -> None:
    verdict = judge([account(GOOD)], whole(GOOD), ["The marts were not built."])
    assert not verdict.is_green
    assert verdict.sentences[-1] == "The marts were not built."
