"""A list on a server, as a plain Python list: what it holds, how it pages, and what happens to it meanwhile.

The truth for the walks' tests; it imports nothing of them but the shape of a page.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tap_freshsales_users.reading.page import Page
from tap_freshsales_users.reading.walk import Walk

MOST_REQUESTS = 2000


@dataclass(frozen=True)
class Event:
    """Before the answer to request number `request`: someone leaves, or joins at a share of the list."""

    request: int
    kind: str
    place: float


@dataclass
class ListServer:
    """`page_of` answers a question; `stayed` is who was there all the time, `seen` who ever was."""

    size: int
    cap: int = 1000
    gives_total: bool = True
    events: Iterable[Event] = ()
    keys: list[str] = field(init=False)
    requests: int = 0

    def __post_init__(self) -> None:
        self.keys = [f"person-{number}" for number in range(self.size)]
        self.stayed = set(self.keys)
        self.seen = set(self.keys)
        self._due = deque(sorted(self.events, key=lambda event: event.request))

    def happen(self) -> None:
        self.requests += 1
        while self._due and self._due[0].request <= self.requests:
            event = self._due.popleft()
            if event.kind in {"leave", "swap"} and self.keys:
                gone = self.keys.pop(int(event.place * (len(self.keys) - 1)))
                self.stayed.discard(gone)
            if event.kind in {"join", "swap"}:
                new = f"joiner-{len(self.seen)}"
                self.keys.insert(
                    int(event.place * len(self.keys)) if event.kind == "join" else len(self.keys), new
                )
                self.seen.add(new)

    @property
    def total(self) -> int | None:
        return len(self.keys) if self.gives_total else None

    def by_index(self, params: dict[str, str | int]) -> Page:
        start, count = int(params["startIndex"]), int(params["count"])
        return Page(self.keys[start - 1 : start - 1 + min(count, self.cap)], self.total, start)

    def by_page(self, params: dict[str, str | int]) -> Page:
        length = min(int(params["per_page"]), self.cap)
        first = (int(params["page"]) - 1) * length
        return Page(self.keys[first : first + length], self.total)

    def by_page_as_far_as_it_goes(self, params: dict[str, str | int]) -> Page:
        """Past the end, the last page again."""
        length = min(int(params["per_page"]), self.cap)
        last = max(-(-len(self.keys) // length), 1)
        return self.by_page({**params, "page": min(int(params["page"]), last)})

    def by_page_counting_the_page(self, params: dict[str, str | int]) -> Page:
        page = self.by_page(params)
        return Page(page.keys, len(page.keys))

    def by_rounded_index(self, params: dict[str, str | int]) -> Page:
        """A page number made of startIndex and count: the page that the index falls into."""
        return self._numbered((int(params["startIndex"]) - 1) // int(params["count"]), int(params["count"]))

    def by_next_page(self, params: dict[str, str | int]) -> Page:
        """The same, rounded up."""
        return self._numbered(
            -(-(int(params["startIndex"]) - 1) // int(params["count"])), int(params["count"])
        )

    def _numbered(self, number: int, length: int) -> Page:
        length = min(length, self.cap)
        return Page(self.keys[number * length : (number + 1) * length], self.total)

    def whole_whatever_is_asked(self, params: dict[str, str | int]) -> Page:  # noqa: ARG002
        return Page(list(self.keys), self.total)

    def first_page_for_ever(self, params: dict[str, str | int]) -> Page:
        asked = int(params.get("count") or params["per_page"])
        return Page(self.keys[: min(asked, self.cap)], self.total)

    def first_page_for_ever_counting_itself(self, params: dict[str, str | int]) -> Page:
        page = self.first_page_for_ever(params)
        return Page(page.keys, len(page.keys))

    def by_index_counting_the_page(self, params: dict[str, str | int]) -> Page:
        page = self.by_index(params)
        return Page(page.keys, len(page.keys), page.start_index)

    def by_cursor(self, params: dict[str, str | int]) -> Page:
        """Goes on behind the last key given, as a database does by its primary key."""
        behind = int(params.get("cursor", -1))
        number = {key: int(key.rpartition("-")[2]) for key in self.keys}
        order = sorted((key for key in self.keys if number[key] > behind), key=number.__getitem__)
        length = min(int(params["count"]), self.cap)
        page = order[:length]
        more = page[-1].rpartition("-")[2] if len(order) > length else None
        return Page(page, self.total, next_cursor=more)


Answers = Callable[[dict[str, str | int]], Page]
ODDITIES = ("before", "empty", "missing", "no_cursor", "shrunk")


@dataclass
class Front:
    """Stands before a server, and gives some requests an odd answer; never twice in a row to one question."""

    server: Answers
    # By the number of the request.
    oddities: dict[int, str]
    given: list[Page] = field(default_factory=list)
    just_odd: set[str] = field(default_factory=set)
    just_shrunk: bool = False

    def __call__(self, params: dict[str, str | int]) -> Page:
        true, question = self.server(params), str(sorted(params.items()))
        oddity = self.oddities.get(len(self.given) + 1)
        answer = true
        # A total that is false in each answer is the only one there is: nothing could tell that.
        may_be_odd = question not in self.just_odd and not (oddity == "shrunk" and self.just_shrunk)
        if oddity is not None and may_be_odd:
            answer = self._odd(oddity, true)
        self.given.append(answer)
        self.just_shrunk = answer.total != true.total
        self.just_odd.discard(question)
        if answer != true:
            self.just_odd.add(question)
        return answer

    def _odd(self, oddity: str, true: Page) -> Page:
        if oddity == "before":
            return self.given[-1] if self.given else true
        if oddity == "empty":
            return Page([], None if true.total is None else 0)
        if oddity == "missing" and self.given:
            return Page([], is_missing=True)
        if oddity == "no_cursor":
            return replace(true, next_cursor=None)
        if oddity == "shrunk" and true.total:
            # As long as its page it would look like a short list: nothing could tell that.
            shrunk = true.total // 2
            return replace(true, total=shrunk - (shrunk == len(true.keys)))
        return true


def walk_through(walk: Walk, server: ListServer, answer: Answers, in_flight: int) -> list[str]:
    """What the walk takes for new, in order; questions are asked `in_flight` at a time."""
    emitted: list[str] = []
    under_way: deque[tuple[object, Page]] = deque()
    while True:
        while len(under_way) < in_flight and (ask := walk.next_ask()) is not None:
            server.happen()
            assert server.requests <= MOST_REQUESTS, "the walk does not end"
            under_way.append((ask, answer(ask.params)))
        if not under_way:
            return emitted
        ask, page = under_way.popleft()  # type: ignore[assignment]
        if ask.epoch == walk.epoch:  # type: ignore[union-attr]
            emitted += [str(page.keys[index]) for index in walk.feed(ask, page)]  # type: ignore[arg-type]
