"""Pages under way: side by side, in order, bounded, whoever is slow. Counted, never timed."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.api.workers import Workers
from tap_freshsales_users.reading.in_flight import read_pages
from tap_freshsales_users.reading.page import Ask, Page
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.singer.sdk import PageStream
from tests.tap.running import run_tap
from tests.tap.truth import truth_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# So long a thread may take to come by on a crowded machine before a test gives it up.
PATIENCE_SECONDS = 30
RECORDS, PAGE = 100, 10
# One page, and those that overlap it by one.
PAGES = 1 + -(-(RECORDS - PAGE) // (PAGE - 1))


class List:
    """Pages of a list, with a count of those that were asked for and are not taken yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.asked = self.taken = self.most_held = 0
        self.has_asked_ahead = threading.Event()

    def fetch(self, ask: Ask) -> Page:
        with self._lock:
            self.asked += 1
            self.most_held = max(self.most_held, self.asked - self.taken)
            if self.asked == 1 + 4:
                self.has_asked_ahead.set()
        start = int(ask.params["startIndex"])
        return Page([f"{n}" for n in range(start, min(start + PAGE, RECORDS + 1))], RECORDS, start)

    def read(self, in_flight: int) -> Iterator[list[str]]:
        walk, workers = ScimWalk(PAGE), Workers(in_flight)

        def take(ask: Ask, page: Page) -> list[str]:
            with self._lock:
                self.taken += 1
            return [str(page.keys[index]) for index in walk.feed(ask, page)]

        try:
            yield from read_pages(walk, self.fetch, take, workers)
        finally:
            workers.stop()


@pytest.mark.parametrize("in_flight", [1, 2, 4, 16])
def test_pages_come_in_order_and_none_twice(in_flight: int) -> None:
    server = List()
    assert [key for page in server.read(in_flight) for key in page] == [str(n + 1) for n in range(RECORDS)]
    assert server.asked == PAGES


@pytest.mark.parametrize("in_flight", [1, 2, 4, 16])
def test_however_slow_the_consumer_no_more_pages_are_held_than_in_flight(in_flight: int) -> None:
    server = List()
    for number, _ in enumerate(server.read(in_flight), start=1):
        # The consumer stands still here: what is under way may arrive, and nothing more is asked for.
        assert server.asked <= number + in_flight
    assert server.most_held <= in_flight


def test_the_next_pages_are_asked_for_while_the_consumer_has_one_in_hand() -> None:
    server = List()
    pages = server.read(4)
    next(pages)
    assert server.has_asked_ahead.wait(PATIENCE_SECONDS)
    pages.close()  # type: ignore[attr-defined]


def test_one_in_flight_is_the_caller_itself() -> None:
    threads = threading.active_count()
    server = List()
    for _ in server.read(1):
        assert threading.active_count() == threads
    assert server.most_held == 1


def test_a_page_that_fails_is_an_error_at_its_turn_and_not_before() -> None:
    server = List()
    walk, workers = ScimWalk(PAGE), Workers(4)
    taken: list[list[int]] = []

    def fetch(ask: Ask) -> Page:
        if ask.page == 3:
            raise ConnectionError
        return server.fetch(ask)

    with pytest.raises(ConnectionError):
        taken.extend(read_pages(walk, fetch, walk.feed, workers))
    workers.stop()
    assert len(taken) == 2


def test_a_consumer_that_stops_leaves_nothing_to_be_begun() -> None:
    server = List()
    pages = server.read(4)
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert server.asked <= 1 + 4


# -- over HTTP


class WatchedSandbox(Sandbox):
    """Counts requests that are being answered at the same time; `gate` may hold them until more have come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counting = threading.Lock()
        self.now = self.most = 0
        self.gate: threading.Barrier | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._counting:
            self.now += 1
            self.most = max(self.most, self.now)
        later_page = (
            "startIndex=" in environ["QUERY_STRING"] and "startIndex=1&" not in environ["QUERY_STRING"]
        )
        try:
            if self.gate is not None and later_page and environ["PATH_INFO"].endswith("/Users"):
                self.gate.wait(PATIENCE_SECONDS)
            return super().__call__(environ, start_response)
        finally:
            with self._counting:
                self.now -= 1


def test_with_one_in_flight_requests_never_meet(tmp_path: Path) -> None:
    with WatchedSandbox(people=60, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, "page_size": 10, "max_in_flight": 1}, tmp_path)
    assert outcome.exit_code == 0
    assert sandbox.most == 1


def test_with_four_in_flight_four_are_under_way_at_once_and_never_five(tmp_path: Path) -> None:
    with WatchedSandbox(people=60, quota=None) as sandbox:
        users = len(sandbox.directory.users())
        later_pages = {size: -(-(users - size) // (size - 1)) for size in range(2, users)}
        # The barrier lets requests through by fours.
        size = next(size for size, pages in later_pages.items() if pages and pages % 4 == 0)
        sandbox.gate = threading.Barrier(4)
        outcome = run_tap({**sandbox.config, "page_size": size, "max_in_flight": 4}, tmp_path)
        truth = truth_of(sandbox.directory)
    assert outcome.exit_code == 0, outcome.log
    assert set(outcome.keys("scim_users")) == truth["scim_users"]
    assert sandbox.most == 4


@pytest.mark.parametrize("in_flight", [1, 2, 4])
def test_a_slow_loader_makes_the_tap_ask_for_no_more_than_it_may_hold(
    in_flight: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead: list[int] = []
    with Sandbox(people=80, quota=None) as sandbox:
        write_page = PageStream.write_page

        def slow(self: PageStream, records: list[dict[str, Any]]) -> None:
            if self.name == "scim_users":
                asked = sum(one.path.endswith("/Users") for one in sandbox.requests)
                ahead.append(asked - len(ahead) - 1)
            write_page(self, records)

        monkeypatch.setattr(PageStream, "write_page", slow)
        outcome = run_tap({**sandbox.config, "page_size": 5, "max_in_flight": in_flight}, tmp_path)
    assert outcome.exit_code == 0
    assert len(ahead) > 10
    assert max(ahead) <= in_flight


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize(("people", "page_size"), [(80, 10), (80, 20), (80, 100), (40, 2)])
def test_requests_are_the_fewest_that_prove_the_lists_whole(
    people: int, page_size: int, in_flight: int, tmp_path: Path
) -> None:
    with Sandbox(people=people, quirks="rest-meta", quota=None) as sandbox:
        config = {**sandbox.config, "page_size": page_size, "max_in_flight": in_flight}
        outcome = run_tap(config, tmp_path)
        directory = sandbox.directory
        rest = {"owners": len(directory.owners()), "roles": len(directory.roles)}
        scim = {"scim_users": len(directory.users()), "scim_groups": len(directory.groups)}
    for name, count in rest.items():
        # A page that is full, or of a round length, and as long as its total may be counting itself.
        fewest = -(-count // page_size) + (count == page_size or (count < page_size and count % 5 == 0))
        assert outcome.receipt(name)["api_requests"] == fewest
    for name, count in scim.items():
        is_round = count <= page_size and (count == page_size or count % 5 == 0)
        more = max(-(-(count - page_size) // (page_size - 1)), int(is_round))
        assert outcome.receipt(name)["api_requests"] == 1 + max(more, 0)


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_end_of_a_list_without_a_total_is_looked_at_twice(in_flight: int, tmp_path: Path) -> None:
    with Sandbox(people=80, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, "page_size": 10, "max_in_flight": in_flight}, tmp_path)
        owners = len(sandbox.directory.owners())
    assert outcome.receipt("owners")["api_requests"] == -(-owners // 10) + 2
    pages = [one.query for one in sandbox.requests if one.path.endswith("/owners")]
    assert len(pages) == len(set(pages)) + 1
    assert pages[-1] == pages[-2]


@pytest.mark.parametrize("in_flight", [1, 4])
def test_connections_are_kept_alive(in_flight: int, tmp_path: Path) -> None:
    ports: set[str] = set()

    class Sockets(WatchedSandbox):
        def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            ports.add(environ["REMOTE_PORT"])
            return super().__call__(environ, start_response)

    with Sockets(people=80, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, "page_size": 5, "max_in_flight": in_flight}, tmp_path)
    assert outcome.exit_code == 0
    assert len(sandbox.requests) > 30
    assert len(ports) <= 2 * in_flight  # one session a surface
