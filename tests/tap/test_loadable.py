"""Records that every loader takes: what they hold is there, or it is counted."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_freshsales_users.records.loadable import MAX_CELL_BYTES, MAX_DEPTH, Loadable, clean
from tap_freshsales_users.records.shaper import Record

# What DuckDB reads as one line of a CSV file.
LONGEST_LINE = 2 * 1024**2
BROKEN = ["\0", "\ud83d", "\ude00", "\udcff"]
WHOLE = ["a", "é", "😀", '"', "\\", "\\u0000"]


def texts(pieces: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=4).map("".join)


def json_of(pieces: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.one_of(st.none(), st.integers(-5, 5), texts(pieces)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts(pieces), inner, max_size=3)
        ),
        max_leaves=6,
    )


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        yield from value
        yield from texts_in(list(value.values()))


def make(*records: dict[str, Any]) -> Loadable:
    loadable = Loadable(("id",), on_oversized=lambda column: None)  # noqa: ARG005
    loadable.make(list(records))
    return loadable


def as_csv_line(record: dict[str, Any]) -> str:
    """As the DuckDB loader writes it."""
    line = io.StringIO()
    csv.writer(line).writerow([json.dumps(v) if isinstance(v, dict | list) else v for v in record.values()])
    return line.getvalue()


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


@given(texts(WHOLE + BROKEN), json_of(WHOLE + BROKEN))
def test_no_character_leaves_that_no_loader_takes(text: str, cell: Any) -> None:
    record = {"id": text, "name": text, "emails": [cell]}
    count = sum(character in BROKEN for part in texts_in(list(record.values())) for character in part)
    loadable = make(record)
    assert loadable.replaced_characters == count
    assert not any(character in BROKEN for part in texts_in(list(record.values())) for character in part)
    assert orjson.loads(orjson.dumps(record)) == record
    assert record["id"] == clean(text)
    assert len(record["id"]) == len(text)


@given(json_of(WHOLE))
def test_what_every_loader_takes_is_left_as_it_is(cell: Any) -> None:
    record = {"id": "1", "emails": cell}
    before = json.dumps(record)
    loadable = make(record, {"id": "2", "name": "\0"})
    assert json.dumps(record) == before
    assert (loadable.replaced_characters, loadable.oversized_cells) == (1, 0)


def test_names_that_differ_by_such_a_character_alone_stay_two() -> None:
    names = ["a\0", "a\ud83d", "a\ufffd"]
    record: Record = {"id": "1", "additional_attributes": {name: place for place, name in enumerate(names)}}
    make(record)
    assert sorted(record["additional_attributes"].values()) == [0, 1, 2]


@pytest.mark.parametrize("character", ["x", "é", "😀", '"', "\\", "\n"])
@pytest.mark.parametrize("column", ["title", "members", "additional_attributes"])
def test_a_line_of_the_csv_is_never_longer_than_duckdb_reads(column: str, character: str) -> None:
    for size in (2**17, 2**18, 2**19, 2**20, 2**21):
        text = character * size
        cell = {"title": text, "members": [text], "additional_attributes": {"photo": text}}[column]
        record = {"id": "1", column: cell, "kept": "small"}
        loadable = make(record)
        assert len(as_csv_line(record).encode()) < LONGEST_LINE
        assert loadable.oversized_cells == (record[column] is None)
        assert record["kept"] == "small"
        assert record[column] is not None or size * 12 > MAX_CELL_BYTES


def test_a_cell_of_just_a_mebibyte_is_kept() -> None:
    record: Record = {"id": "1", "members": ["x" * (MAX_CELL_BYTES - len('[""]') - 2)]}
    assert make(record).oversized_cells == 0
    record["members"][0] += "x"
    assert make(record).oversized_cells == 1
    assert record == {"id": "1", "members": None}


def test_of_many_large_cells_the_largest_go_until_the_line_fits() -> None:
    record = {"id": "1"} | {f"cell_{number}": ["x" * (700_000 + number)] for number in range(5)}
    assert make(record).oversized_cells == 3
    assert [name for name, value in record.items() if value is not None] == ["id", "cell_0", "cell_1"]


def test_of_additional_attributes_only_the_large_one_goes() -> None:
    record = {"id": "1", "additional_attributes": {"photo": "x" * 2**21, "deep": nested(300), "badge": 17}}
    assert make(record).oversized_cells == 2
    assert record["additional_attributes"] == {"badge": 17}


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 300, 900])
def test_a_cell_too_deep_to_write_goes_and_no_other(depth: int) -> None:
    record = {
        "id": "1",
        "emails": [1],
        "additional_attributes": {"deep": nested(depth - 1)},
        "roles": nested(depth),
    }
    fits = depth <= MAX_DEPTH
    assert make(record).oversized_cells == (0 if fits else 2)
    assert (record["roles"] is not None, record["additional_attributes"] is not None) == (fits, fits)
    assert record["emails"] == [1]
    orjson.dumps({"type": "RECORD", "record": record})


def test_a_page_of_many_records_is_looked_at_one_by_one() -> None:
    records = [{"id": str(number), "members": ["x" * 10_000]} for number in range(500)]
    records.append({"id": "broken", "members": ["\0"]})
    loadable = make(*records)
    assert (loadable.replaced_characters, loadable.oversized_cells) == (1, 0)
    assert records[-1]["members"] == ["\ufffd"]
