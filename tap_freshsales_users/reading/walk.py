"""What every walk over a list has in common: which records were met, what moved, and when to read again.

A walk is pure: it says which pages to ask for, is fed the answers in the order of the questions, and ends
with its evidence. It knows nothing of HTTP, threads or the SDK.

Words of the walk:
- pass: one reading of the list from its start. Where something moved, the list is read again, in a next pass.
- covered: how far the list was read in this pass, as a 1-based index.
- due: how many records at the start of a page were read already, and are expected to come again. Pages of
  SCIM overlap by one record: if it comes again, nothing moved between the two answers.
- aligned: the server rounds `startIndex` to whole pages, so that pages cannot overlap.
- doubt: an answer that would end the list, or that came before. It counts once further questions (looks)
  agree.
- sign: something that moved, or did not add up, in this pass.
- epoch: grows when the plan is dropped. Answers to questions of an older epoch are not wanted.
- check: a question that tells how the server pages, not one for the next records.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Sequence

from tap_freshsales_users.reading.evidence import (
    EMPTY_PAGE,
    NO_NEXT_CURSOR,
    NONE,
    REPEATED_PAGE,
    SINGLE_PAGE,
    UNCHANGING_TOTAL,
    End,
)
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.passes import UNSETTLED, Pass
from tap_freshsales_users.reading.second_look import Doubt, Doubts, Verdict

MAX_PASSES = 3
# Servers that give fewer records than asked for stop at a multiple of this.
ROUND_NUMBER = 5


def another_count(page_size: int) -> int:
    """One record fewer, never more than was allowed; but two where one was asked for."""
    return page_size - 1 or 2


def _times(duplicates: int) -> str:
    return "1 record" if duplicates == 1 else f"{duplicates} records"


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
        self._doubts = Doubts()
        self._shows_end_once = False
        # Whether the server refuses paging parameters, so that the list is asked for without them.
        self.is_unpaged = False
        self._asks: deque[Ask] = deque()
        self._under_way = 0
        self._asked_in_pass = 0
        self._is_begun = False

    def next_ask(self) -> Ask | None:
        """The next page that is known to be needed, once; None when the answers so far do not tell."""
        if not self._is_begun:
            self._is_begun = True
            self._ask_first()
        if not self._asks:
            return None
        self._under_way += 1
        return self._asks.popleft()

    def feed(self, ask: Ask, page: Page) -> list[int]:
        """Take the answer to a question of the current epoch; returns the indexes of records not met before.

        Raises RefusedError where the question was refused and no other one is left.
        """
        self._under_way -= 1
        if self._doubts.current is not None:
            return self._feed_look(self._doubts.current, ask, page)
        return self._feed_or_doubt(ask, page)

    def ask_unpaged(self, ask: Ask) -> bool:
        """Ask for the list once more without paging parameters, where its first page was refused with them.

        False where there is no such question, or it was asked already.
        """
        if self.is_unpaged or ask.page > 1 or self._criteria is None:
            return False
        self.is_unpaged = True
        self._drop_asks()
        self._asked_in_pass = 0
        self._ask(self._criteria)
        return True

    @property
    def _criteria(self) -> Params | None:
        """What is asked for, without paging; None where no answer to that would be one to this walk."""
        return {}

    def _feed_or_doubt(self, ask: Ask, page: Page) -> list[int]:
        if self.is_unpaged and self.current.pages:
            if page.refused is not None:
                # It does not page, then: what came is the whole list, if it comes again.
                self._drop_asks()
                self._ask(self._criteria or {}, is_check=True)
                return []
            if ask.is_check and ask.params == self._criteria:
                if tuple(page.keys) != self.current.first_page:
                    self.current.sign(UNSETTLED)
                self._finish_pass(REPEATED_PAGE, SINGLE_PAGE)
                return []
        looks = self._looks(ask, page) if page.refused is None else []
        if page.refused is None and self._begins_otherwise(ask, page):
            looks = [ask.params]
        if not looks:
            self._doubts.settle()
            return self._accept(ask, page)
        doubt = self._doubts.begin(ask, page, looks)
        if doubt is None:
            return self._leave_unsettled(page)
        self._look_again(doubt)
        return []

    def _look_again(self, doubt: Doubt) -> None:
        self._drop_asks()  # what follows is planned anew, once this is settled
        self._asked_in_pass = doubt.ask.page - 1
        self._ask(doubt.looks.popleft(), is_check=doubt.ask.is_check)

    def _feed_look(self, doubt: Doubt, ask: Ask, page: Page) -> list[int]:
        """Take the answer to a second look."""
        verdict = self._doubts.judge(doubt, ask, page)
        if verdict is Verdict.CONFIRMED:
            return self._accept(doubt.ask, doubt.page)
        if verdict is Verdict.REPLACED:
            return self._feed_or_doubt(doubt.ask, page)
        if verdict is Verdict.CONTRADICTED:
            return self._leave_unsettled(doubt.page)
        if verdict is Verdict.LOOK_AGAIN:
            self._look_again(doubt)
        else:
            # Its records are gone with it: the next pass brings them, and is the second look.
            self._shows_end_once = True
            self.current.distinct += self._count_unknown(doubt.page.keys)
            self._finish_pass(NO_NEXT_CURSOR, NONE)
        return []

    def _leave_unsettled(self, page: Page) -> list[int]:
        self.current.sign(UNSETTLED)
        self._finish_pass(EMPTY_PAGE if page.is_empty else REPEATED_PAGE, NONE)
        return []

    def _accept(self, ask: Ask, page: Page) -> list[int]:
        if ask.page == 1 and not ask.is_check:
            self.current.first_page = tuple(page.keys)
        if page.total is not None:
            self._note_total(page.total, page.keys)
        return self._feed(ask, page)

    def _begins_otherwise(self, ask: Ask, page: Page) -> bool:
        """Whether the first page is not the one of the pass before: it moved, or answers another question."""
        is_first = ask.page == 1 and not ask.is_check
        return is_first and self._previous is not None and self._previous.first_page != tuple(page.keys)

    def _note_total(self, total: int, keys: Sequence[Hashable]) -> None:
        """Where each total is the length of its own page, though more was met, it counts the page alone."""
        this = self.current
        if total != len(keys):
            this.totals_are_lengths = False
        elif keys and this.totals_are_lengths is None:
            this.totals_are_lengths = True
        if this.totals_are_lengths and total < this.distinct + self._count_unknown(keys):
            self.total_is_trusted = False
        if self.total_first is None:
            self.total_first = total
        this.total_changed |= this.total is not None and total != this.total
        self.total = this.total = total

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
    def _looks(self, ask: Ask, page: Page) -> list[Params]:
        """Questions that must all bring this same answer before it counts; none where it is beyond doubt.

        One odd answer, such as a cached or a doubled one, must not end a list: an end that no total proves
        is looked at twice.
        """

    @abstractmethod
    def _feed(self, ask: Ask, page: Page) -> list[int]:
        """Take an answer that is beyond doubt."""

    def _ask(self, params: Params, *, is_check: bool = False) -> None:
        self._asked_in_pass += 1
        page = self._asked_in_pass
        is_first = page == 1 and self.current.number == 1
        self._asks.append(Ask(params, page, self.epoch, is_check, is_first))

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
                    self.current.duplicates += 1
                    self.current.sign("a record came twice")
                continue
            self.met[key] = self.current.number
            self.current.distinct += 1
            if last_pass is None:
                self.current.unseen += 1
                fresh.append(index)
        return fresh

    def _came_before(self, keys: Sequence[Hashable]) -> bool:
        """Whether the very same page came before in this pass."""
        return hash(tuple(keys)) in self.current.digests

    def _remember(self, keys: Sequence[Hashable]) -> None:
        self.current.digests.add(hash(tuple(keys)))

    def _is_known(self, key: Hashable) -> bool:
        """Whether this record was met in this pass."""
        return self.met.get(key) == self.current.number

    def _count_unknown(self, keys: Sequence[Hashable]) -> int:
        return sum(not self._is_known(key) for key in set(keys))

    def _may_count_itself(self, length: int) -> bool:
        """Whether the total may count this first page alone: it is as long, and ends where servers cut."""
        is_cut_perhaps = length == self.page_size or (length < self.page_size and length % ROUND_NUMBER == 0)
        return self.expected == length > 0 and is_cut_perhaps

    def _proves_end(self, page: Page, read: int) -> bool:
        """Whether the total, as this page tells it again, counts no more than what was read."""
        total = self.expected
        return total is not None and total > 0 and page.total == total and read >= total

    def _finish_pass(self, evidence: str, consistency: str) -> None:
        this = self.current
        total = self.expected
        if total is not None and this.total_changed:
            this.sign("the total changed")
        if self._shows_end_once and not self._ends_as_before():
            this.sign("the server does not show the end a second time")
        is_short = total is not None and this.distinct != total
        if not this.signs and not is_short:
            self._finish(End(evidence, consistency, is_complete=True))
        elif self._same_as_before() and not is_short:
            # Two readings brought the same records, as many as an unchanging total counts.
            self._finish(End(evidence, UNCHANGING_TOTAL, is_complete=True))
        elif is_short and (self._same_as_before() or (this.number == MAX_PASSES and not this.signs)):
            reason = f"short: the source counts {total} records and gives {this.distinct}"
            if this.duplicates:
                reason += f"; {_times(this.duplicates)} came twice"
            self._finish(End(evidence, NONE, is_complete=False, reason=reason))
        elif this.number == MAX_PASSES:
            signs = "; ".join(this.signs)
            reason = f"unstable: the list moved in each of {MAX_PASSES} passes ({signs})"
            self._finish(End(evidence, NONE, is_complete=False, reason=reason))
        else:
            self._start_pass()

    def _same_as_before(self) -> bool:
        before = self._previous
        return (
            before is not None and self.current.is_same_as(before) and self.current.distinct == len(self.met)
        )

    def _ends_as_before(self) -> bool:
        """Whether the pass before had the same records: the second look at an end that is shown only once."""
        before = self._previous
        return before is not None and self.current.distinct == before.distinct == len(self.met)

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
