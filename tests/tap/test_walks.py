"""The walks against servers that page, cap, round and drift in every way: all is read once, or it is said."""

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tap_freshsales_users.reading.page import Page
from tap_freshsales_users.reading.walk import Walk
from tap_freshsales_users.reading.walk_pages import PageWalk
from tap_freshsales_users.reading.walk_scim import ScimWalk
from tap_freshsales_users.reading.walk_single import SingleWalk
from tests.tap.list_server import ODDITIES, Event, Front, ListServer, walk_through

SIZES = st.integers(0, 60)
PAGE_SIZES = st.integers(1, 12)
CAPS = st.one_of(st.just(1000), st.integers(1, 12))
IN_FLIGHT = st.sampled_from([1, 2, 4])
EVENTS = st.lists(
    st.builds(
        Event,
        st.integers(1, 12),
        st.sampled_from(["join", "leave", "swap"]),
        st.floats(0, 1, allow_nan=False),
    ),
    max_size=4,
)

# What can be read whole, whatever its way of paging.
SCIM_MANNERS = [
    "by_index",
    "by_rounded_index",
    "by_next_page",
    "whole_whatever_is_asked",
    "by_cursor",
]
REST_MANNERS = ["by_page", "by_page_as_far_as_it_goes", "whole_whatever_is_asked"]
# What cannot be read whole by everybody, or only where each answer can be believed.
HARD_SCIM_MANNERS = [
    *SCIM_MANNERS,
    "by_index_counting_the_page",
    "first_page_for_ever",
    "first_page_for_ever_counting_itself",
]
HARD_REST_MANNERS = [
    *REST_MANNERS,
    "by_page_counting_the_page",
    "first_page_for_ever",
    "first_page_for_ever_counting_itself",
]
ODD_ANSWERS = st.dictionaries(st.integers(1, 14), st.sampled_from(ODDITIES), min_size=1, max_size=6)


def assert_all_once(walk: Walk, server: ListServer, emitted: list[str]) -> None:
    assert walk.end is not None
    assert walk.end.is_complete, walk.end
    assert sorted(emitted) == sorted(server.keys)


@settings(max_examples=400)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.sampled_from(SCIM_MANNERS), st.booleans())
def test_a_quiet_scim_list_is_read_whole_and_each_record_once(
    size: int, page_size: int, cap: int, in_flight: int, manner: str, gives_total: bool
) -> None:
    server = ListServer(size, cap, gives_total=gives_total or manner == "by_next_page")
    walk = ScimWalk(page_size)
    emitted = walk_through(walk, server, getattr(server, manner), in_flight)
    assert_all_once(walk, server, emitted)


@settings(max_examples=200)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.sampled_from(REST_MANNERS), st.booleans())
def test_a_quiet_selector_is_read_whole_and_each_record_once(
    size: int, page_size: int, cap: int, in_flight: int, manner: str, gives_total: bool
) -> None:
    # One full page for ever is taken for the first page of a longer list: not whole, which is safe.
    assume(manner != "by_page_as_far_as_it_goes" or gives_total or size != page_size)
    server = ListServer(size, cap, gives_total=gives_total)
    walk = PageWalk(page_size)
    emitted = walk_through(walk, server, getattr(server, manner), in_flight)
    assert_all_once(walk, server, emitted)


@settings(max_examples=600)
@given(
    SIZES,
    st.integers(2, 12),
    st.one_of(st.just(1000), st.integers(2, 12)),  # pages of one record cannot overlap
    IN_FLIGHT,
    st.sampled_from(["by_index", "by_cursor"]),
    st.booleans(),
    EVENTS,
)
def test_a_drifting_list_called_complete_holds_everybody_who_stayed(
    size: int, page_size: int, cap: int, in_flight: int, manner: str, gives_total: bool, events: list[Event]
) -> None:
    server = ListServer(size, cap, gives_total=gives_total, events=events)
    walk = ScimWalk(page_size)
    emitted = walk_through(walk, server, getattr(server, manner), in_flight)
    assert walk.end is not None
    assert len(emitted) == len(set(emitted)), "a record came twice"
    assert set(emitted) <= server.seen, "a record was invented"
    if walk.end.is_complete and walk.end.consistency in {"single_page", "overlapping_pages", "sequence"}:
        assert server.stayed <= set(emitted), "somebody was lost, and nothing said"
    if not walk.end.is_complete:
        assert walk.end.reason


@settings(max_examples=300)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.booleans(), EVENTS)
def test_a_drifting_selector_ends_and_doubles_nothing(
    size: int, page_size: int, cap: int, in_flight: int, gives_total: bool, events: list[Event]
) -> None:
    server = ListServer(size, cap, gives_total=gives_total, events=events)
    walk = PageWalk(page_size)
    emitted = walk_through(walk, server, server.by_page, in_flight)
    assert walk.end is not None
    assert len(emitted) == len(set(emitted))
    assert set(emitted) <= server.seen
    if walk.end.is_complete and walk.end.consistency == "single_page" and cap >= page_size:
        assert server.stayed <= set(emitted)


def one_more(size: int, page: int) -> bool:
    """Nobody at all is looked at twice, and a page that may count itself alone is looked past."""
    return size in {0, page} or (size < page and size % 5 == 0)


@given(st.integers(0, 200), st.integers(2, 20), IN_FLIGHT)
def test_an_honest_scim_list_costs_the_fewest_requests_that_overlap(
    size: int, page: int, in_flight: int
) -> None:
    server = ListServer(size)
    walk_through(ScimWalk(page), server, server.by_index, in_flight)
    fewest = 1 if size < page else 1 + math.ceil((size - page) / (page - 1))
    assert server.requests == fewest + one_more(size, page)


@given(st.integers(0, 200), st.integers(2, 20), IN_FLIGHT)
def test_a_selector_with_a_total_costs_one_request_a_page(size: int, page: int, in_flight: int) -> None:
    server = ListServer(size)
    walk_through(PageWalk(page), server, server.by_page, in_flight)
    assert server.requests == max(math.ceil(size / page), 1) + one_more(size, page)


@given(st.integers(0, 200), st.integers(2, 20), IN_FLIGHT)
def test_a_selector_without_a_total_costs_two_looks_at_its_end(size: int, page: int, in_flight: int) -> None:
    server = ListServer(size, gives_total=False)
    walk_through(PageWalk(page), server, server.by_page, in_flight)
    assert server.requests == math.ceil(size / page) + 2


@given(st.integers(3, 60), st.integers(2, 12), IN_FLIGHT)
def test_a_server_that_ignores_the_index_is_never_called_read_whole(
    size: int, page: int, in_flight: int
) -> None:
    server = ListServer(size)
    walk = ScimWalk(page)
    emitted = walk_through(walk, server, server.first_page_for_ever, in_flight)
    assert walk.end is not None
    assert walk.end.is_complete == (size <= page)
    assert len(emitted) == min(size, page)


# Where servers cut a page, unless the one who asks wants fewer.
ROUND_CAPS = st.sampled_from([5, 10, 20, 25, 50, 1000])


@given(st.integers(0, 150), st.integers(1, 100), ROUND_CAPS, IN_FLIGHT)
def test_a_total_that_counts_the_page_does_not_end_the_list(
    size: int, page: int, cap: int, in_flight: int
) -> None:
    server = ListServer(size, cap)
    walk = ScimWalk(page)
    emitted = walk_through(walk, server, server.by_index_counting_the_page, in_flight)
    assert_all_once(walk, server, emitted)


@given(st.integers(0, 150), st.integers(1, 100), ROUND_CAPS, IN_FLIGHT)
def test_a_total_that_counts_the_page_does_not_end_a_selector(
    size: int, page: int, cap: int, in_flight: int
) -> None:
    server = ListServer(size, cap)
    walk = PageWalk(page)
    emitted = walk_through(walk, server, server.by_page_counting_the_page, in_flight)
    assert_all_once(walk, server, emitted)


@given(st.integers(0, 150), st.integers(1, 100), ROUND_CAPS, IN_FLIGHT, st.sampled_from([ScimWalk, PageWalk]))
def test_one_page_for_ever_that_counts_itself_is_never_called_whole(
    size: int, page: int, cap: int, in_flight: int, make: type[ScimWalk] | type[PageWalk]
) -> None:
    server = ListServer(size, cap)
    walk = make(page)
    emitted = walk_through(walk, server, server.first_page_for_ever_counting_itself, in_flight)
    assert walk.end is not None
    assert not walk.end.is_complete or len(emitted) == size


@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_leaver_and_a_joiner_are_noticed_though_the_total_stays(in_flight: int) -> None:
    server = ListServer(30, events=[Event(3, "swap", 0)])
    walk = ScimWalk(10)
    emitted = walk_through(walk, server, server.by_index, in_flight)
    assert walk.passes == 2
    assert walk.end is not None
    assert walk.end.is_complete
    assert server.stayed <= set(emitted)


def test_a_total_higher_than_what_comes_is_called_short() -> None:
    server = ListServer(30)
    walk = ScimWalk(10)

    def counting_more(params: dict[str, str | int]) -> object:
        page = server.by_index(params)
        return type(page)(page.keys, 33, page.start_index)

    walk_through(walk, server, counting_more, 1)  # type: ignore[arg-type]
    assert walk.end is not None
    assert not walk.end.is_complete
    assert walk.end.reason == "short: the source counts 33 records and gives 30"


def is_undecidable(server: ListServer, manner: str, page_size: int) -> bool:
    """A list cut shorter than asked for that says so nowhere looks like a short one, whoever reads it."""
    says_nothing = "counting" in manner or ("for_ever" in manner and not server.gives_total)
    return says_nothing and server.cap < max(page_size, 2)


@settings(max_examples=500)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.sampled_from(HARD_SCIM_MANNERS), st.booleans(), ODD_ANSWERS)
def test_odd_answers_never_end_a_scim_list_as_complete(
    size: int,
    page_size: int,
    cap: int,
    in_flight: int,
    manner: str,
    gives_total: bool,
    oddities: dict[int, str],
) -> None:
    server = ListServer(size, cap, gives_total=gives_total or manner == "by_next_page")
    assume(not is_undecidable(server, manner, page_size))
    walk = ScimWalk(page_size)
    emitted = walk_through(walk, server, Front(getattr(server, manner), oddities), in_flight)
    assert walk.end is not None
    assert len(emitted) == len(set(emitted)), "a record came twice"
    assert set(emitted) <= server.seen, "a record was invented"
    if walk.end.is_complete:
        assert set(emitted) == server.stayed, "cut short, and called complete"
    else:
        assert walk.end.reason


@settings(max_examples=300)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.sampled_from(HARD_REST_MANNERS), st.booleans(), ODD_ANSWERS)
def test_odd_answers_never_end_a_selector_as_complete(
    size: int,
    page_size: int,
    cap: int,
    in_flight: int,
    manner: str,
    gives_total: bool,
    oddities: dict[int, str],
) -> None:
    server = ListServer(size, cap, gives_total=gives_total)
    assume(not is_undecidable(server, manner, page_size))
    walk = PageWalk(page_size)
    emitted = walk_through(walk, server, Front(getattr(server, manner), oddities), in_flight)
    assert walk.end is not None
    assert len(emitted) == len(set(emitted)), "a record came twice"
    assert set(emitted) <= server.seen, "a record was invented"
    if walk.end.is_complete:
        assert set(emitted) == server.stayed, "cut short, and called complete"
    else:
        assert walk.end.reason


@settings(max_examples=150)
@given(SIZES, PAGE_SIZES, CAPS, IN_FLIGHT, st.booleans(), st.integers(1, 14), st.sampled_from(ODDITIES))
def test_one_odd_answer_keeps_no_selector_from_being_read_whole(
    size: int, page_size: int, cap: int, in_flight: int, gives_total: bool, request: int, oddity: str
) -> None:
    server = ListServer(size, cap, gives_total=gives_total)
    walk = PageWalk(page_size)
    emitted = walk_through(walk, server, Front(server.by_page, {request: oddity}), in_flight)
    assert_all_once(walk, server, emitted)


@settings(max_examples=150)
@given(
    SIZES,
    PAGE_SIZES,
    CAPS,
    IN_FLIGHT,
    st.booleans(),
    st.integers(1, 14),
    st.sampled_from(ODDITIES),
    st.sampled_from(["by_index", "by_cursor"]),
)
def test_one_odd_answer_keeps_no_scim_list_from_being_read_whole(
    size: int,
    page_size: int,
    cap: int,
    in_flight: int,
    gives_total: bool,
    request: int,
    oddity: str,
    manner: str,
) -> None:
    server = ListServer(size, cap, gives_total=gives_total)
    walk = ScimWalk(page_size)
    emitted = walk_through(walk, server, Front(getattr(server, manner), {request: oddity}), in_flight)
    assert_all_once(walk, server, emitted)


@pytest.mark.parametrize(("doubled", "words"), [(3, "3 records came twice"), (1, "1 record came twice")])
@pytest.mark.parametrize("length", [4, 100])
def test_records_sent_twice_on_every_read_are_named(length: int, doubled: int, words: str) -> None:
    server = ListServer(6)
    server.keys += server.keys[:doubled]
    walk = PageWalk(length)
    walk_through(walk, server, server.by_page, 1)
    assert walk.end is not None
    assert not walk.end.is_complete
    assert walk.end.reason == f"short: the source counts {6 + doubled} records and gives 6; {words}"


def test_a_server_that_shows_its_end_once_is_read_whole_by_two_passes() -> None:
    server = ListServer(9, gives_total=False)
    shown: set[str] = set()

    def once(params: dict[str, str | int]) -> Page:
        if "cursor" not in params:
            shown.clear()
        elif str(params["cursor"]) in shown:
            return Page([], refused="invalidCursor")
        shown.add(str(params.get("cursor")))
        return server.by_cursor(params)

    walk = ScimWalk(4)
    emitted = walk_through(walk, server, once, 1)
    assert walk.passes == 2
    assert_all_once(walk, server, emitted)


@pytest.mark.parametrize("make", [lambda: ScimWalk(10), lambda: PageWalk(10), SingleWalk])
def test_only_the_first_page_of_the_first_pass_is_the_first(make: Callable[[], Walk]) -> None:
    walk = make()
    assert walk.planned == 0, "nothing is planned before the first question"
    are_first = []
    # The same record on each page, and never as many as the total counts: the list is read again.
    while (ask := walk.next_ask()) is not None:
        are_first.append(ask.is_first)
        walk.feed(ask, Page(["person"] if ask.page == 1 else [], total=3))
    assert walk.end is not None
    assert are_first == [True] + [False] * (len(are_first) - 1)
    assert isinstance(walk, SingleWalk) or walk.passes > 1
