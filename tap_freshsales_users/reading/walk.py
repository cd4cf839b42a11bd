"""What all walks over a list have in common: which records were met, what moved, and when to read again.

A walk says which pages to ask for. It gets the answers in the order of its questions, and ends with its
evidence. It knows nothing of HTTP, threads or the SDK.

Words of the walk:
- pass: one reading of the list from its start. If something moved, the list is read again, in another pass.
- met: a record that came in any pass. Known: a record that came in this pass.
- covered: how far the list was read in this pass, as a 1-based index.
- due: the number of records at the start of a page that were read already, and must come again. Pages of SCIM
  overlap by one record: if it comes again, nothing moved between the two answers.
- aligned: the server rounds `startIndex` to whole pages, so pages cannot overlap.
- manner: the way in which a server pages.
- doubt: an answer that would end the list, or that came before. It counts if further questions (looks) bring
  the same answer.
- sign: something in this pass that moved, or did not add up.
- epoch: a number that grows each time the plan is dropped. Answers to questions of an older one are dropped.
- check: a question that tells how the server pages. It does not ask for the next records.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Sequence

from tap_freshsales_users.reading import evidence
from tap_freshsales_users.reading.evidence import NONE, End
from tap_freshsales_users.reading.page import Ask, Page, Params
from tap_freshsales_users.reading.passes import UNSETTLED, Pass, Seen
from tap_freshsales_users.reading.plan import Plan
from tap_freshsales_users.reading.second_look import Doubt, Doubts, Verdict

# A server that gives fewer records than asked for usually gives a multiple of this number.
ROUND_NUMBER = 5


def another_count(page_size: int) -> int:
    """Another number of records to ask for: one fewer, but two if one was asked for."""
    return page_size - 1 or 2


class RefusedError(Exception):
    """The server refused a question (400), and there is no other way to ask it."""


class Walk(ABC):
    """Reads a list until it is proven whole, or was read MAX_PASSES times.

    A subclass knows how to ask for pages, and what the answers tell about the server.
    """

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.end: End | None = None
        self.seen = Seen()
        self.total_first: int | None = None
        self.total: int | None = None
        # Whether `total` counts the whole list. Some servers count only the page.
        self.total_is_trusted = True
        self._plan = Plan()
        self._doubts = Doubts()
        # Whether the server refuses to show the end of its list a second time.
        self.shows_end_once = False
        # Whether the server refuses paging parameters. Then the list is asked for without them.
        self.is_unpaged = False
        self._is_begun = False

    def next_ask(self) -> Ask | None:
        """The next question; None if there is none until another answer is fed."""
        if not self._is_begun:
            self._is_begun = True
            self._ask_first()
        return self._plan.next()

    def feed(self, ask: Ask, page: Page) -> list[int]:
        """Take the answer to a question of the current epoch; returns the indexes of records not met before.

        Raises RefusedError if the server refused the question and there is no other one.
        """
        self._plan.answered()
        if self._doubts.current is not None:
            return self._feed_look(self._doubts.current, ask, page)
        return self._feed_or_doubt(ask, page)

    def ask_unpaged(self, ask: Ask) -> bool:
        """Ask for the list without paging parameters, after its first page was refused with them.

        False if there is no such question, or it was asked already.
        """
        if self.is_unpaged or ask.page > 1 or self._criteria is None:
            return False
        self.is_unpaged = True
        self._plan.go_back(1)
        self.ask(self._criteria)
        return True

    @property
    def _criteria(self) -> Params | None:
        """The parameters without those of paging; None if the list must not be asked for in this way."""
        return {}

    def _feed_or_doubt(self, ask: Ask, page: Page) -> list[int]:
        if self.is_unpaged and self.current.pages:
            if page.refused is not None:
                # The server does not page at all. What came is the whole list, if it comes again.
                self.drop_asks()
                self.ask(self._criteria or {}, is_check=True)
                return []
            if ask.is_check and ask.params == self._criteria:
                if tuple(page.keys) != self.current.first_page:
                    self.current.sign(UNSETTLED)
                self.finish_pass(evidence.REPEATED_PAGE, evidence.SINGLE_PAGE)
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
        self._plan.go_back(doubt.ask.page)  # the plan is made anew after this look
        self.ask(doubt.looks.popleft(), is_check=doubt.ask.is_check)

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
            self.shows_end_once = True
            self.current.distinct += self.seen.count_unknown(doubt.page.keys)
            self.finish_pass(evidence.NO_NEXT_CURSOR, NONE)
        return []

    def _leave_unsettled(self, page: Page) -> list[int]:
        self.current.sign(UNSETTLED)
        self.finish_pass(evidence.EMPTY_PAGE if page.is_empty else evidence.REPEATED_PAGE, NONE)
        return []

    def _accept(self, ask: Ask, page: Page) -> list[int]:
        if ask.page == 1 and not ask.is_check:
            self.current.first_page = tuple(page.keys)
        if page.total is not None:
            self._note_total(page.total, page.keys)
        return self._feed(ask, page)

    def _begins_otherwise(self, ask: Ask, page: Page) -> bool:
        """Whether the first page differs from that of the pass before: it moved, or it is a wrong answer."""
        is_first, before = ask.page == 1 and not ask.is_check, self.seen.before
        return is_first and before is not None and before.first_page != tuple(page.keys)

    def _note_total(self, total: int, keys: Sequence[Hashable]) -> None:
        """Note a total. If each is the length of its own page, and more was met, it counts only the page."""
        this = self.current
        if total != len(keys):
            this.totals_are_lengths = False
        elif keys and this.totals_are_lengths is None:
            this.totals_are_lengths = True
        if this.totals_are_lengths and total < this.distinct + self.seen.count_unknown(keys):
            self.total_is_trusted = False
        if self.total_first is None:
            self.total_first = total
        this.total_changed |= this.total is not None and total != this.total
        self.total = this.total = total

    @property
    def epoch(self) -> int:
        """Answers to questions of an older epoch are not wanted."""
        return self._plan.epoch

    @property
    def planned(self) -> int:
        """Pages that are known to be needed and not fed yet."""
        return self._plan.size

    @property
    def current(self) -> Pass:
        return self.seen.current

    @property
    def passes(self) -> int:
        """How often the list was read from its start, this time included."""
        return self.current.number

    @property
    def met(self) -> Collection[Hashable]:
        """The keys of all records that were met."""
        return self.seen.met

    @property
    def expected(self) -> int | None:
        """How many records the server counts in this pass; None if it gives no total that can be trusted."""
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
        """Questions that must all bring the same answer before it counts; none if there is no doubt.

        One wrong answer, such as one from a cache, must not end a list. So an end is looked at twice if no
        total proves it.
        """

    @abstractmethod
    def _feed(self, ask: Ask, page: Page) -> list[int]:
        """Take an answer without doubt. Returns the indexes of the records not met before."""

    # -- for subclasses and manners

    @property
    def last_page(self) -> int:
        """The page of the last question of this pass."""
        return self._plan.page

    def ask(self, params: Params, *, is_check: bool = False) -> None:
        """Plan the next question of this pass."""
        self._plan.add(params, is_check=is_check, is_first_pass=self.current.number == 1)

    def drop_asks(self) -> None:
        """Forget what is planned or under way."""
        self._plan.drop()

    def start_over(self) -> None:
        """Forget what is planned or under way; the next question asks for the first page."""
        self._plan.go_back(1)

    def may_count_itself(self, length: int) -> bool:
        """Whether the total may count only this first page: it is its length, and servers often cut there."""
        is_cut_perhaps = length == self.page_size or (length < self.page_size and length % ROUND_NUMBER == 0)
        return self.expected == length > 0 and is_cut_perhaps

    def proves_end(self, page: Page, read: int) -> bool:
        """Whether this page gives the same total again, and that many records were read."""
        total = self.expected
        return total is not None and total > 0 and page.total == total and read >= total

    def finish_pass(self, end_evidence: str, consistency: str) -> None:
        """Judge this pass. Begin another one if it proves nothing yet."""
        total = self.expected
        if total is not None and self.current.total_changed:
            self.current.sign("the total changed")
        if self.shows_end_once and not self.seen.is_as_before():
            self.current.sign("the server does not show the end a second time")
        end = self.seen.judge(total, end_evidence, consistency)
        if end is not None:
            self._finish(end)
            return
        self.seen.next_pass()
        self.start_over()
        self._ask_first()

    def give_up(self, end_evidence: str | None, reason: str) -> None:
        """End the walk: another pass cannot help."""
        self._finish(End(end_evidence, NONE, is_complete=False, reason=reason))

    def _finish(self, end: End) -> None:
        self.drop_asks()
        self.end = end
