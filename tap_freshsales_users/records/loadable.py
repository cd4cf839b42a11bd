"""Makes records that every loader can load: valid Unicode, and cells of a bounded size and depth.

- PostgreSQL accepts no NUL character in JSON, and no encoder accepts a lone surrogate.
- The DuckDB loader fails if a line of its CSV is longer than 2 MiB. It writes JSON in ASCII and doubles each
  quote.
- JSON writers and readers have a greatest depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

import orjson

from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Record

MAX_CELL_BYTES = 1024**2
# For all cells of one record: a line of 2 MiB, less some room for what the loader adds.
MAX_RECORD_BYTES = 2 * 1024**2 - 64 * 1024
# orjson writes 254 levels. The list of a page's records takes one, and the record takes one.
MAX_DEPTH = 252
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# By this factor UTF-8 grows at most in the CSV of the DuckDB loader: `é` to `\u00e9`, `\"` to `\\""`.
_MOST_GROWTH = 3
_UNLOADABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with U+FFFD in place of NUL and of each lone surrogate."""
    if text.isprintable():  # neither NUL nor a surrogate is printable, and this test is faster than a pattern
        return text
    return _UNLOADABLE.sub(REPLACEMENT, text)


class Loadable:
    """Makes records loadable, in place; counts what it replaced and what it left out.

    A text or JSON cell that is too large or too deep becomes null. Of `additional_attributes`, only the
    attributes that are too large or too deep are left out. A cell of `keys` is never left out.
    """

    def __init__(self, keys: Collection[str], on_oversized: Callable[[str], None]) -> None:
        self.replaced_characters = 0
        self.oversized_cells = 0
        self._keys = keys
        self._on_oversized = on_oversized

    def make(self, records: list[Record]) -> None:
        # To write them all once is the fastest test.
        if not _is_loadable(records):
            for record in records:
                if not _is_loadable([record]):
                    self._mend(record)

    def _mend(self, record: Record) -> None:
        sizes: dict[str, int] = {}
        for column, value in record.items():
            if not isinstance(value, str | dict | list):
                continue
            cell = self._within_bounds(column, value)
            if isinstance(cell, dict | list):
                cell = self._clean_json(cell)
            elif cell is not None:
                cell = self._clean_text(cell)
            record[column] = cell
            if column not in self._keys:
                sizes[column] = _size(cell)
        while sum(sizes.values()) > MAX_RECORD_BYTES:
            largest = max(sizes, key=sizes.__getitem__)
            self._leave_out(largest)
            record[largest], sizes[largest] = None, 0

    def _within_bounds(self, column: str, value: Any) -> Any:
        if column in self._keys or _fits(value):
            return value
        if column != ADDITIONAL_ATTRIBUTES:
            self._leave_out(column)
            return None
        sizes = {name: _size({name: part}) for name, part in value.items() if _fits({name: part})}
        left_out = len(value) - len(sizes)
        while sum(sizes.values()) > MAX_CELL_BYTES:
            del sizes[max(sizes, key=sizes.__getitem__)]
            left_out += 1
        for _ in range(left_out):
            self._leave_out(column)
        return {name: value[name] for name in sizes} or None

    def _leave_out(self, column: str) -> None:
        self.oversized_cells += 1
        self._on_oversized(column)

    def _clean_text(self, text: str) -> str:
        cleaned, count = _UNLOADABLE.subn(REPLACEMENT, text)
        self.replaced_characters += count
        return cleaned

    def _clean_json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._clean_text(value)
        if isinstance(value, list):
            return [self._clean_json(item) for item in value]
        if not isinstance(value, dict):
            return value
        made: dict[str, Any] = {}
        for name, item in value.items():
            cleaned = self._clean_text(name)
            while cleaned in made:  # two names that differ only in such a character
                cleaned += REPLACEMENT
            made[cleaned] = self._clean_json(item)
        return made


def _is_loadable(records: list[Record]) -> bool:
    """Whether the records are certainly loadable. False may be wrong; then they are looked at one by one."""
    try:
        written = orjson.dumps(records)
    except TypeError:  # a lone surrogate, or too deep
        return False
    return len(written) * _MOST_GROWTH <= MAX_CELL_BYTES and rb"\u0000" not in written


def _fits(value: Any) -> bool:
    return _depth(value) <= MAX_DEPTH and _size(value) <= MAX_CELL_BYTES


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while wholes := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [part for whole in wholes for part in (whole.values() if isinstance(whole, dict) else whole)]
    return depth


def _size(value: Any) -> int:
    """The size in bytes in the CSV of the DuckDB loader."""
    if value is None:
        return 0
    written = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
    return len(written) + written.count(b'"')
