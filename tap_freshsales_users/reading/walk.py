"""What every walk over a list has in common: which records were met, what moved, and when to read again.

A walk is pure: it says which pages to ask for, is fed the answers in the order of the questions, and ends
with its evidence. It knows nothing of HTTP, threads or the SDK.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

MAX_PASSES = 3

# end_evidence
TOTAL_REACHED = "total_reached"
EMPTY_PAGE = "empty_page"
REPEATED_PAGE = "repeated_page"
NO_NEXT_CURSOR = "no_next_cursor"
SINGLE_OBJECT = "single_object"
# consistency
SINGLE_PAGE = "single_page"
OVERLAPPING_PAGES = "overlapping_pages"
SEQUENCE = "sequence"
UNCHANGING_TOTAL = "unchanging_total"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Ask:
    """One page to ask for. `page` counts from 1 within a pass; answers to an older `epoch` are not wanted."""

    params: dict[str, str | int]
    page: int
    epoch: int
    is_check: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer said: the keys of its records in order, and the paging attributes it came with."""

    keys: Sequence[Hashable]
    total: int | None = None
    start_index: int | None = None
    next_cursor: str | None = None
    # The page does not exist (404, asked twice), or the question was refused (400, with its scimType).
    is_missing: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How the walk ended. `reason` says why it is not complete."""

    evidence: str | None
    consistency: str
    is_complete: bool
    reason: str | None = None


@dataclass(slots=True)
class Pass:
    """What one reading of the list from its start has seen so far."""

    number: int
    pages: int = 0
    distinct: int = 0
    unseen: int = 0
    total_first: int | None = None
    total: int | None = None
    total_changed: bool = False
    signs: list[str] = field(default_factory=list)
    digests: set[int] = field(default_factory=set)

    def sign(self, what: str) -> None:
        """Something moved, or did not add up."""
        if what not in self.signs:
            self.signs.append(what)


def another_count(page_size: int) -> int:
    """One record fewer, never more than was allowed; but two where one was asked for."""
    return page_size - 1 or 2


class RefusedError(Exception):
    """The server refused a question (400) that there is no other way to ask."""


class Walk(ABC):
    """Reads a list until it is proven whole, at most MAX_PASSES times."""

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.end: End | None = None
        self.epoch = 0
        self.duplicates = 0
        self.total_first: int | None = None
        self.total: int | None = None
        # Whether `total` counts the whole list; some servers count the page at hand.
        self.total_is_trusted = True
        # key -> the last pass in which it was met; the only thing that grows with the list.
        self.met: dict[Hashable, int] = {}
        self.current = Pass(1)
        self._previous: Pass | None = None
        self._asks: deque[Ask] = deque()
        self._under_way = 0
        self._asked_in_pass = 0
        self._ask_first()

    def next_ask(self) -> Ask | None:
        """The next page that is known to be needed, once; None when the answers so far do not tell."""
        if not self._asks:
            return None
        self._under_way += 1
        return self._asks.popleft()

    def feed(self, ask: Ask, page: Page) -> list[int]:
        """Take the answer to a question of the current epoch; returns the indexes of records not met before.

        Raises RefusedError where the question was refused and no other one is left.
        """
        self._under_way -= 1
        if page.total is not None:
            if self.total_first is None:
                self.total_first = page.total
            self.total = page.total
            if self.current.total_first is None:
                self.current.total_first = page.total
            elif page.total != self.current.total:
                self.current.total_changed = True
            self.current.total = page.total
        return self._feed(ask, page)

    @property
    def planned(self) -> int:
        """Pages that are known to be needed and not fed yet."""
        return len(self._asks) + self._under_way

    @property
    def passes(self) -> int:
        return self.current.number

    @property
    def expected(self) -> int | None:
        """How many records the list holds, as far as this pass was told and its total can be believed."""
        return self.current.total if self.total_is_trusted else None

    @property
    @abstractmethod
    def manner(self) -> str:
        """How this server was found to page, in words."""

    @abstractmethod
    def _ask_first(self) -> None:
        """Plan the first page of a pass."""

    @abstractmethod
    def _feed(self, ask: Ask, page: Page) -> list[int]: ...

    def _ask(self, params: dict[str, str | int], *, is_check: bool = False) -> None:
        self._asked_in_pass += 1
        self._asks.append(Ask(params, self._asked_in_pass, self.epoch, is_check))

    def _drop_asks(self) -> None:
        """Forget what is planned or under way."""
        self._asks.clear()
        self._under_way = 0
        self.epoch += 1

    def _meet(self, keys: Sequence[Hashable], due: int = 0) -> list[int]:
        """Note a page's keys; the first `due` of them were expected to come again."""
        fresh = []
        for index, key in enumerate(keys):
            last_pass = self.met.get(key)
            if last_pass == self.current.number:
                if index >= due:
                    self.duplicates += 1
                    self.current.sign("a record came twice")
                continue
            self.met[key] = self.current.number
            self.current.distinct += 1
            if last_pass is None:
                self.current.unseen += 1
                fresh.append(index)
        return fresh

    def _doubt_total(self, page: Page) -> None:
        """A total that is the length of its own page, while more was met: it counts the page at hand."""
        if page.total == len(page.keys) < self.current.distinct:
            self.total_is_trusted = False

    def _met_before(self, keys: Sequence[Hashable]) -> bool:
        """Whether the very same page came before in this pass."""
        digest = hash(tuple(keys))
        if digest in self.current.digests:
            return True
        self.current.digests.add(digest)
        return False

    def _finish_pass(self, evidence: str, consistency: str) -> None:
        this = self.current
        total = self.expected
        if total is not None and this.total_changed:
            this.sign("the total changed")
        is_short = total is not None and this.distinct != total
        if not this.signs and not is_short:
            self._finish(End(evidence, consistency, is_complete=True))
        elif self._same_as_before() and not is_short:
            # Two readings brought the same records, as many as an unchanging total counts.
            self._finish(End(evidence, UNCHANGING_TOTAL, is_complete=True))
        elif is_short and (self._same_as_before() or (this.number == MAX_PASSES and not this.signs)):
            reason = f"short: the source counts {total} records and gives {this.distinct}"
            self._finish(End(evidence, NONE, is_complete=False, reason=reason))
        elif this.number == MAX_PASSES:
            signs = "; ".join(this.signs)
            reason = f"unstable: the list moved in each of {MAX_PASSES} passes ({signs})"
            self._finish(End(evidence, NONE, is_complete=False, reason=reason))
        else:
            self._start_pass()

    def _same_as_before(self) -> bool:
        this, before = self.current, self._previous
        return (
            before is not None
            and this.total is not None
            and this.total == before.total
            and not (this.total_changed or before.total_changed)
            and this.unseen == 0
            and this.distinct == before.distinct == len(self.met)
        )

    def _start_pass(self) -> None:
        self._drop_asks()
        self._previous = self.current
        self.current = Pass(self.current.number + 1)
        self._asked_in_pass = 0
        self._ask_first()

    def _give_up(self, evidence: str | None, reason: str) -> None:
        """No further pass can help."""
        self._finish(End(evidence, NONE, is_complete=False, reason=reason))

    def _finish(self, end: End) -> None:
        self._drop_asks()
        self.end = end
