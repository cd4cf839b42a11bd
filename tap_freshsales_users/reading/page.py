"""A question of a walk, and what the answer to it says."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Ask:
    """One page to ask for. `page` counts from 1 within a pass. Answers to an older `epoch` are dropped.

    `is_first` marks the first page of the first pass: its answer tells whether the list exists at all.
    """

    params: Params
    page: int
    epoch: int
    is_check: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer says: the keys of its records in order, and its paging attributes."""

    keys: Sequence[Hashable]
    total: int | None = None
    start_index: int | None = None
    next_cursor: str | None = None
    # Whether the page does not exist (404). The scimType if the question was refused (400, or 501), or empty.
    is_missing: bool = False
    refused: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.is_missing or not self.keys
