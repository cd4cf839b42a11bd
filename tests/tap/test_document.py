"""Bodies into JSON values: every digit, whatever the bytes, or not JSON at all."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_freshsales_users.records.document import DEEPEST, parse

USUAL = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)
EDGES = st.sampled_from([-(2**63), 2**63, 2**64])
INTEGERS = st.one_of(
    st.integers(-(10**40), 10**40), st.builds(lambda edge, step: edge + step, EDGES, st.integers(-2, 2))
)
# Where a number may stand, and what is before it.
PLACES = ["{}", '{{"id":{}}}', '{{"id": {}}}', "[{}]", "[1,{}]", "[[1],\n{}]", '{{"a":"b",\t"id":{} }}']


@given(USUAL)
def test_usual_json_reads_as_the_usual_parser_reads_it(value: Any) -> None:
    body = orjson.dumps(value)
    assert parse(body) == orjson.loads(body)


@pytest.mark.parametrize("place", PLACES)
@given(
    number=st.one_of(
        st.integers(-(10**40), 10**40), st.integers(2**63 - 3, 2**64 + 3), st.integers(-(2**63) - 3)
    )
)
def test_no_digit_of_an_integer_is_lost(place: str, number: int) -> None:
    [found] = leaves(parse(f" {place.format(number)}".encode()))
    assert int(found) == number
    assert orjson.dumps(found)
    assert isinstance(found, int) == (-(2**63) <= number < 2**64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.30000000000000004", 0.30000000000000004),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("104527856238476523871.5", "104527856238476523871.5"),
        ("1.0452785623847652387100e20", "1.0452785623847652387100e20"),
        ("1e400", "1e400"),
        ("-1e400", "-1e400"),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("1.5", 1.5),
    ],
)
def test_a_fraction_that_no_float_holds_keeps_its_digits(text: str, expected: object) -> None:
    assert parse(f'{{"value":{text}}}'.encode()) == {"value": expected}


def test_digits_inside_a_text_stay_the_text() -> None:
    text = "call, 104527856238476523871"
    assert parse(json.dumps({"id": "104527856238476523871", "note": text}).encode()) == {
        "id": "104527856238476523871",
        "note": text,
    }


@given(st.text(st.characters(max_codepoint=0xFFFF, categories=["Cs", "L", "N"]), min_size=1))
def test_escaped_surrogates_are_no_reason_to_lose_the_list(text: str) -> None:
    found = parse(json.dumps([{"name": text}, {"name": "Ann"}]).encode())
    # Two halves side by side are one character.
    assert found == [
        {"name": text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")},
        {"name": "Ann"},
    ]


@pytest.mark.parametrize("raw", [b"\xe9", b"\xed\xa0\xbd", b"\xff", b"\xc3"])
def test_bytes_that_are_no_utf_8_are_no_reason_either(raw: bytes) -> None:
    [broken, whole] = parse(b'[{"name":"Zo' + raw + b'"},{"name":"Ann"}]')
    assert whole == {"name": "Ann"}
    assert broken["name"].startswith("Zo")
    assert len(broken["name"]) == 2 + len(raw)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_skipped(encoding: str) -> None:
    assert parse('{"name":"Zoë"}'.encode(encoding)) == {"name": "Zoë"}


@pytest.mark.parametrize("depth", [300, 1000, 1100, 50_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]"), ('[{"a":"]}\\"",', "}]")])
def test_a_deep_attribute_leaves_its_neighbours_alone(depth: int, opening: str, closing: str) -> None:
    opening = '[{"a":"]}\\"","b":' if len(opening) > 5 else opening
    deep = opening * depth + "1" + closing * depth
    found = parse(f'[{{"id":1,"deep":{deep},"name":"Ann"}},{{"id":2}}]'.encode())
    assert (found[0]["id"], found[0]["name"], found[1]) == (1, "Ann", {"id": 2})
    assert depth_of(found) > min(depth, DEEPEST - 3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"NaN",
        b'{"a":Infinity}',
        b"<html>",
        b'{"a":1',
        b'"\x01"',
        b"[1]\xe9",
        b"\xff\xfe{",
        b"[1,]",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its kinds differ, its text is nobody's concern
        parse(body)


def leaves(value: Any) -> list[Any]:
    """The last plain value; the tests put one number there."""
    while isinstance(value, dict | list):
        value = (list(value.values()) if isinstance(value, dict) else value)[-1]
    return [value]


def depth_of(value: Any) -> int:
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [part for whole in level for part in (whole.values() if isinstance(whole, dict) else whole)]
    return depth
