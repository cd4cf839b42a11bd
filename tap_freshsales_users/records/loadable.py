"""What every loader can take: text of Unicode characters, and cells of a bounded size and depth.

- PostgreSQL takes no NUL character in JSON, and no encoder takes a lone surrogate.
- The DuckDB loader fails at a CSV line of more than 2 MiB. It writes JSON in ASCII and doubles each quote.
- JSON writers and readers end at some depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

import orjson

from tap_freshsales_users.records.shaper import ADDITIONAL_ATTRIBUTES, Record

MAX_CELL_BYTES = 1024**2
# All cells of one record: a line of 2 MiB with room for what the loader adds.
MAX_RECORD_BYTES = 2 * 1024**2 - 64 * 1024
# orjson writes 254 levels; the list of the page's records and the record take one each.
MAX_DEPTH = 252
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# UTF-8 grows at most by this in the CSV of the DuckDB loader: `é` to `\u00e9`, an escaped quote to `\""`.
_MOST_GROWTH = 3
_UNLOADABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """With U+FFFD in place of NUL and of each lone surrogate."""
    if text.isprintable():  # neither of the two is printable, and this test is faster than a pattern
        return text
    return _UNLOADABLE.sub(REPLACEMENT, text)


class Loadable:
    """Makes records loadable, in place; counts what it replaced and what it left out.

    A text or JSON cell that is too large or too deep becomes null; of `additional_attributes`, only those
    attributes are left out that make it so. Cells of `keys` are never left out.
    """

    def __init__(self, keys: Collection[str], on_oversized: Callable[[str], None]) -> None:
        self.replaced_characters = 0
        self.oversized_cells = 0
        self._keys = keys
        self._on_oversized = on_oversized

    def make(self, records: list[Record]) -> None:
        # Writing them once is the fastest look at all of them.
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
            while cleaned in made:  # two names that differed by such a character alone
                cleaned += REPLACEMENT
            made[cleaned] = self._clean_json(item)
        return made


def _is_loadable(records: list[Record]) -> bool:
    """False where it is so, and now and then where it is not."""
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
    """Bytes in the CSV of the DuckDB loader."""
    if value is None:
        return 0
    written = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
    return len(written) + written.count(b'"')
