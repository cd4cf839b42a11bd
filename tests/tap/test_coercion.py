"""Values into the types that the schemas want: the same value still, or not at all."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_freshsales_users.records.coercion import (
    UncoercibleError,
    to_array,
    to_boolean,
    to_date_time,
    to_integer,
    to_object,
    to_string,
)

COERCIONS: list[Callable[[object], object]] = [
    to_string,
    to_integer,
    to_boolean,
    to_date_time,
    to_array,
    to_object,
]
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.sampled_from(["True", "false", "17", "-1", "2026-01-31T00:00:00Z", "1769817600", "2026-01-31"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=4,
)
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))  # noqa: DTZ001
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize("coerce", COERCIONS)
@given(value=JSON)
def test_what_was_coerced_once_stays_as_it_is(coerce: Callable[[object], object], value: object) -> None:
    try:
        made = coerce(value)
    except UncoercibleError:
        return
    assert coerce(made) == made
    assert type(coerce(made)) is type(made)


# -- date-times


def written(moment: datetime, manner: str) -> str:
    """The same moment in the ways that servers write it."""
    text = moment.isoformat()
    if manner == "blank":
        return text.replace("T", " ")
    if manner == "small":
        return text.replace("T", "t").replace("+00:00", "z")
    if manner == "zulu":
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if manner == "compact":
        digits = moment.strftime("%Y%m%dT%H%M%S").rjust(15, "0")
        return digits + (f".{moment.microsecond:06}" if moment.microsecond else "") + moment.strftime("%z")
    return text


MANNERS = ["iso", "blank", "small", "zulu", "compact"]


@given(MOMENTS, OFFSETS, st.sampled_from(MANNERS))
def test_a_date_time_names_the_same_moment_in_utc(moment: datetime, offset: timezone, manner: str) -> None:
    made = to_date_time(written(moment.astimezone(offset), manner))
    assert made.endswith("Z")
    assert datetime.fromisoformat(made) == moment
    assert datetime.fromisoformat(made).utcoffset() == timedelta(0)


@given(st.text("0123456789", min_size=1, max_size=12), st.sampled_from(["Z", "+00:00", "-06:00", "+0530"]))
def test_no_digit_of_a_fraction_is_lost(fraction: str, offset: str) -> None:
    assert (
        to_date_time(f"2026-01-31T12:00:00.{fraction}{offset}").removesuffix("Z").endswith(f"00.{fraction}")
    )


@given(seconds=st.integers(10**8, 4 * 10**9), in_milliseconds=st.booleans(), as_text=st.booleans())
def test_seconds_and_milliseconds_since_the_epoch_are_told_apart(
    seconds: int, *, in_milliseconds: bool, as_text: bool
) -> None:
    number = seconds * 1000 if in_milliseconds else seconds
    made = to_date_time(str(number) if as_text else number)
    assert made.endswith("Z")
    assert datetime.fromisoformat(made) == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T00:00:00",  # whose midnight?
        "2026-01-31",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-02-30T00:00:00+01:00",
        "2026-01-31T24:30:00Z",
        "2026-01-31T00:00:00.Z",
        "2026-01-31T00:00:00:Z",
        "2026-01-31T00:00:00+01:0",
        "2026-01-31T00:00:0xZ",
        "2026-01-31X00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "yesterday",
        "",
        "17",
        "12345678901234",
        True,
        None,
        [],
        {},
        1e300,
        -1e300,
        10**30,
    ],
)
def test_what_names_no_moment_is_not_guessed_at(value: object) -> None:
    with pytest.raises(UncoercibleError):
        to_date_time(value)


@given(JSON)
def test_a_date_time_is_utc_or_nothing(value: object) -> None:
    try:
        made = to_date_time(value)
    except UncoercibleError:
        return
    assert made.endswith("Z")
    assert datetime.fromisoformat(made).tzinfo is not None


# -- numbers, booleans, text


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_of_64_bits_come_through_from_any_writing(number: int) -> None:
    assert to_integer(number) == to_integer(str(number)) == to_integer(f" {number} ") == number
    if abs(number) < 2**53:
        assert to_integer(float(number)) == number


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, str(2**63), 2.0**63, 1.5, "1.5", "1e3", "", "x", True, False, None, [], "1_0"],
)
def test_what_is_no_integer_of_64_bits_is_refused(value: object) -> None:
    with pytest.raises(UncoercibleError):
        to_integer(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_becomes_an_integer_only_where_it_is_one_exactly(value: float) -> None:
    try:
        made = to_integer(value)
    except UncoercibleError:
        assert not value.is_integer() or abs(value) >= 2**53
    else:
        assert made == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, True) for value in (True, "True", "true", " true ", "1", 1)),
        *((value, False) for value in (False, "False", "FALSE", "0", 0)),
    ],
)
def test_booleans_in_the_wild_are_booleans(value: object, *, expected: bool) -> None:
    assert to_boolean(value) is expected


@pytest.mark.parametrize("value", [2, -1, "yes", "", "t", None, [], {}, 1.5])
def test_what_is_no_boolean_is_refused(value: object) -> None:
    with pytest.raises(UncoercibleError):
        to_boolean(value)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_as_text_reads_as_the_same_number(value: float) -> None:
    made = to_string(value)
    assert isinstance(made, str)
    assert (int(made) if isinstance(value, int) else float(made)) == value
    assert math.copysign(1, float(made)) == math.copysign(1, value)


@given(st.text())
def test_text_is_never_touched(text: str) -> None:
    assert to_string(text) is text


@pytest.mark.parametrize("value", [None, [], {}, ["a"], {"a": 1}])
def test_what_has_parts_is_no_text(value: object) -> None:
    with pytest.raises(UncoercibleError):
        to_string(value)


@given(JSON)
def test_a_single_value_is_a_list_of_one(value: object) -> None:
    assert to_array(value) == (value if isinstance(value, list) else [value])
