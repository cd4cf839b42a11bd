"""What an exit code comes to: never again, again when there is quota, or again after a while."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshsales_fleet.read import ReadError
from freshsales_fleet.retries import AFTER_RESET, BUDGET, FIRST_BACK_OFF, decide
from tap_freshsales_users.errors import Cause

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ACCOUNT = "acme.myfreshworks.com"
SECONDS = st.integers(-7200, 7200)


def failed(code: int | Cause, retry_at: datetime | None = None) -> ReadError:
    return ReadError(ACCOUNT, code.exit_code if isinstance(code, Cause) else code, retry_at)


@pytest.mark.parametrize("code", [Cause.CREDENTIAL, Cause.CONFIGURATION])
@pytest.mark.parametrize("try_number", [1, 2, 3])
def test_what_a_person_must_mend_is_never_tried_again(code: Cause, try_number: int) -> None:
    assert decide(failed(code, NOW), try_number, NOW, NOW).delay is None


@given(reset=SECONDS, since_first=st.integers(0, 7200))
def test_quota_is_waited_for_exactly_within_the_budget(reset: int, since_first: int) -> None:
    retry_at, first = NOW + timedelta(seconds=reset), NOW - timedelta(seconds=since_first)
    delay = decide(failed(Cause.LATER, retry_at), 1, first, NOW).delay
    begins_again = max(retry_at, NOW) + AFTER_RESET
    assert delay == (None if begins_again > first + BUDGET else begins_again - NOW)


@pytest.mark.parametrize("code", [1, 2, Cause.OUTPUT, Cause.INCOMPLETE, Cause.LATER, 137, 143])
def test_what_may_pass_is_tried_again_with_longer_and_longer_waits(code: int | Cause) -> None:
    delays = [decide(failed(code), number, NOW, NOW).delay for number in (1, 2, 3)]
    assert delays == [FIRST_BACK_OFF, FIRST_BACK_OFF * 2, FIRST_BACK_OFF * 4]


def test_an_error_of_the_task_itself_is_tried_again() -> None:
    assert decide(RuntimeError("a worker without room"), 1, NOW, NOW).delay == FIRST_BACK_OFF


@given(code=st.integers(1, 255))
def test_every_exit_code_is_told_with_its_account(code: int | Cause) -> None:
    said = str(failed(code))
    assert ACCOUNT in said
    assert f"exit code {code}" in said
