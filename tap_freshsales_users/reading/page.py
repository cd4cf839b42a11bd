"""What a walk asks for, and what an answer says to it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Ask:
    """One page to ask for. `page` counts from 1 within a pass; answers to an older `epoch` are not wanted.

    `is_first` marks the first page of the first pass: its answer decides whether the list is there at all.
    """

    params: Params
    page: int
    epoch: int
    is_check: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer said: the keys of its records in order, and the paging attributes it came with."""

    keys: Sequence[Hashable]
    total: int | None = None
    start_index: int | None = None
    next_cursor: str | None = None
    # The page does not exist (404), or the question was refused (400 with its scimType, or 501).
    is_missing: bool = False
    refused: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.is_missing or not self.keys
