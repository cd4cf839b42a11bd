"""What leavers still own: searches are the only POST, they are announced, and a count is true or null."""

import ast
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug import Request, Response

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users import Account
from tap_freshsales_users.api.transport import Answer
from tap_freshsales_users.reading.counts import COUNT, Count, Yardsticks, parse_search, settle
from tap_freshsales_users.reading.owned import NOBODY, RECORD_TYPES
from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import Outcome, run_tap
from tests.tap.truth import owned_by

ROOT = Path(__file__).parents[2]
TAP = ROOT / "tap_freshsales_users"
SEARCH = "/filtered_search/"
# Two owners who are inactive; between them and nobody lie records that a count has to leave out.
OWNS = {1: 3, 2: 4}
IN_ALL = 11


# The only POST


@pytest.mark.parametrize("scope", ["none", "suspects", "all"])
def test_only_searches_are_sent_as_a_post(scope: str, tmp_path: Path) -> None:
    with Sandbox(people=30, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, "owned_records": scope}, tmp_path)
        asked = {(request.method, SEARCH in request.path) for request in sandbox.requests}
    assert outcome.exit_code == 0, outcome.log
    assert asked == {("GET", False)} | (set() if scope == "none" else {("POST", True)})
    assert bool(outcome.records["owned_records"]) == (scope != "none")


def test_without_the_setting_there_is_no_stream_and_no_receipt(tmp_path: Path) -> None:
    with Sandbox(people=10, quota=None) as sandbox:
        outcome = run_tap(sandbox.config, tmp_path)
    assert all(message.get("stream") != "owned_records" for message in outcome.messages)
    assert "owned_records" not in {receipt["stream"] for receipt in outcome.records["sync_receipts"]}


def test_the_code_sends_no_other_method_and_no_other_body() -> None:
    methods, bodies = set(), set()
    for path in TAP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in {"POST", "PUT", "PATCH", "DELETE"}:
                methods.add((str(path.relative_to(TAP)), node.value))
            if isinstance(node, ast.keyword) and node.arg in {"body", "data", "json"}:
                bodies.add(str(path.relative_to(TAP)))
    assert methods == {("api/transport.py", "POST"), ("api/wire.py", "POST")}
    # Who decides that there is a body: two others hand it on, and `data` of airbyte.py is a record's.
    assert bodies - {"reading/read.py", "api/wire.py", "airbyte.py"} == {"reading/owned.py"}


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/streams.md", "docs/settings.md"])
def test_the_documents_say_that_a_search_is_the_only_post(document: str) -> None:
    text = " ".join((ROOT / document).read_text().split())
    sentences = [sentence for sentence in text.split(". ") if "POST" in sentence]
    assert any("search" in sentence for sentence in sentences)
    assert "the only requests that are sent as POST" in text or "one kind of POST" in text
    assert "change nothing" in text or "changes nothing" in text


# Redirects of it


def play(change: Callable[[Request], Response | None] = lambda _: None) -> Callable[[Request], Response]:
    """Answer as a small account does, unless `change` answers."""

    def answer(request: Request) -> Response:
        changed = change(request)
        if changed is not None:
            return changed
        path = request.path.rstrip("/")
        if path == "/rest/selector/owners":
            people = [{"id": id_, "is_active": False} for id_ in OWNS] if request.args["page"] == "1" else []
            return json_answer(json.dumps({"users": people}))
        if SEARCH in path and request.method == "POST":
            return json_answer(json.dumps(found(request.get_json())))
        return json_answer("{}", 404)

    return answer


def found(question: dict[str, Any]) -> dict[str, Any]:
    rules = question["filter_rule"]
    total = OWNS.get(rules[0]["value"][0], 0) if rules else IN_ALL
    return {"records": [{"id": number} for number in range(total)], "meta": {"total": total}}


def read(server: AnsweringServer, tmp_path: Path) -> Outcome:
    config = {**server.config, "scim_token": None, "owned_records": "all", "max_attempts": 2}
    return run_tap(config, tmp_path)


def counts_of(outcome: Outcome) -> dict[tuple[int, str], int | None]:
    return {
        (record["owner_id"], record["record_type"]): record["records_owned"]
        for record in outcome.records["owned_records"]
    }


TRUE = {(id_, record_type): count for id_, count in OWNS.items() for record_type in RECORD_TYPES}


def redirecting(status: int) -> Callable[[Request], Response | None]:
    def change(request: Request) -> Response | None:
        if SEARCH in request.path and not request.path.endswith("/"):
            return json_answer("", status, Location=f"{request.path}/?{request.query_string.decode()}")
        return None

    return change


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed_with_the_filter(status: int, tmp_path: Path) -> None:
    with AnsweringServer(play(redirecting(status))) as server:
        outcome = read(server, tmp_path)
    assert counts_of(outcome) == TRUE
    asked = [request for request in server.requests if SEARCH in request.path]
    assert {request.method for request in asked} == {"POST"}
    assert outcome.receipt("owned_records")["api_requests"] == len(asked), "not counted in the quota"


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_that_may_make_a_get_of_it_is_refused(status: int, tmp_path: Path) -> None:
    with AnsweringServer(play(redirecting(status))) as server:
        outcome = read(server, tmp_path)
    assert counts_of(outcome) == dict.fromkeys(TRUE)
    assert f"redirects in a way that may make a GET of a POST ({status}), and is not followed" in outcome.log
    assert {request.method for request in server.requests if SEARCH in request.path} == {"POST"}
    assert not any(SEARCH in path and path.endswith("/") for path in server.paths)
    assert not outcome.receipt("owned_records")["is_complete"]


# Announced, and within the quota


class Listening(logging.Handler):
    """Notes how many searches there were when the stream first said how many there will be."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.said: list[tuple[str, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "requests to come" in record.getMessage() and "owners to ask about" in record.getMessage():
            self.said.append((record.getMessage(), searches(self.sandbox)))


def searches(sandbox: Sandbox) -> int:
    return sum(SEARCH in request.path for request in sandbox.requests)


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_searches_are_announced_before_the_first_one_and_counted(in_flight: int) -> None:
    logger = logging.getLogger("tap_freshsales_users")
    level = logger.level
    with Sandbox(people=30) as sandbox:
        listening = Listening(sandbox)
        logger.addHandler(listening)
        logger.setLevel(logging.INFO)
        try:
            settings: dict[str, Any] = {"owned_records": "all", "max_in_flight": in_flight}
            with Account(**sandbox.config | settings) as account:
                records = [record for page in account.read("owned_records") for record in page]
                receipts = {receipt["stream"]: receipt for receipt in account.receipts}
        finally:
            logger.removeHandler(listening)
            logger.setLevel(level)
        made = searches(sandbox)
    [(announced, before)] = listening.said
    owners = len(records) // len(RECORD_TYPES)
    assert before == 0
    assert f"{owners} owners to ask about (all), {made} requests to come" in announced
    assert made == len(RECORD_TYPES) * (owners + 4)
    assert "the account's quota has" in announced
    assert receipts["owned_records"]["api_requests"] >= made


def test_a_quota_that_is_used_up_ends_the_searches_and_is_said(tmp_path: Path) -> None:
    limits = {"requests_per_hour": 60, "quota_reserve": 0, "max_quota_wait_seconds": 0, "page_size": 100}
    with Sandbox(people=60, quota=None) as sandbox:
        outcome = run_tap({**sandbox.config, **limits, "owned_records": "all"}, tmp_path)
        counts = owned_by(sandbox.directory, "all")
    assert outcome.exit_code == 75
    receipt = outcome.receipt("owned_records")
    assert (receipt["is_complete"], receipt["incomplete_reason"]) == (False, "failed: quota")
    assert all(counts[key] == count for key, count in counts_of(outcome).items() if count is not None)
    assert outcome.receipt("owners")["is_complete"]


# Whether a count counts


ANY_TOTAL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 300),
    st.integers(min_value=2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.integers(-3, 300).map(str),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(), st.integers(), max_size=1),
)
ANY_META = st.one_of(
    st.none(),
    st.text(),
    st.lists(st.integers(), max_size=1),
    st.fixed_dictionaries({}, optional={"total": ANY_TOTAL, "total_pages": ANY_TOTAL}),
)
# On a page: of this owner, of another one, of nobody, or not told.
ANY_RECORD = st.sampled_from([{"owner_id": 7}, {"owner_id": 8}, {"owner_id": None}, {}])


def parsed(document: dict[str, Any]) -> Count:
    answer = Answer(200, "application/json", json.dumps(document).encode(), 1)
    [item] = parse_search(answer).items
    count: Count = item[COUNT]
    return count


ANY_COUNT = st.builds(
    lambda records, meta: parsed({"records": records, "meta": meta}),
    st.lists(ANY_RECORD, max_size=30),
    ANY_META,
) | st.just(Count(None, is_refused=True))
GOOD = Yardsticks(Count(200, 25), Count(0, 0))
ANY_YARDSTICKS = st.just(GOOD) | st.builds(Yardsticks, ANY_COUNT, ANY_COUNT)


@given(st.dictionaries(st.integers(7, 9), ANY_COUNT, max_size=3), ANY_YARDSTICKS, ANY_YARDSTICKS)
@example({7: Count(200, 25)}, GOOD, GOOD)  # as many as there are without the filter
@example({7: Count(3, 3)}, GOOD, Yardsticks(Count(200, 25), Count(3, 3)))  # as many as nobody has
@example({7: Count(-1)}, GOOD, GOOD)
@example({7: Count(None, 3)}, GOOD, GOOD)
@example({7: Count(120, 25), 8: Count(90, 25)}, GOOD, GOOD)  # more together than there are
def test_a_count_is_known_only_where_all_the_answers_agree(
    counts: dict[int, Count], before: Yardsticks, after: Yardsticks
) -> None:
    settled = settle(counts, before, after)
    assert settled.keys() == counts.keys()
    known = {owner_id: one.records for owner_id, one in settled.items() if one.records is not None}
    for one in settled.values():
        assert (one.records is None) == (one.reason is not None)
        assert one.reason is None or ": " in one.reason
    for owner_id, records in known.items():
        count = counts[owner_id]
        assert type(records) is int
        assert records == count.total
        assert 0 <= count.records <= records
        assert count.owners <= {owner_id}
        for yardsticks in (before, after):
            assert yardsticks.of_nobody.total == yardsticks.of_nobody.records == 0
            assert yardsticks.of_all.total is not None
            assert records < yardsticks.of_all.total
    if known:
        assert sum(known.values()) <= max(before.of_all.total or 0, after.of_all.total or 0)


def truthful(records: list[int | None], asked: int | None, _owns: dict[int, int]) -> tuple[list[Any], Any]:
    mine = records if asked is None else [owner for owner in records if owner == asked]
    return mine[:25], len(mine)


def ignoring(records: list[int | None], _asked: int | None, owns: dict[int, int]) -> tuple[list[Any], Any]:
    return truthful(records, None, owns)


def ignoring_who_exists(
    records: list[int | None], asked: int | None, owns: dict[int, int]
) -> tuple[list[Any], Any]:
    return truthful(records, None if asked in owns else asked, owns)


def counting_the_page(
    records: list[int | None], asked: int | None, owns: dict[int, int]
) -> tuple[list[Any], Any]:
    page, _ = truthful(records, asked, owns)
    return page, len(page)


def counting_pages(
    records: list[int | None], asked: int | None, owns: dict[int, int]
) -> tuple[list[Any], Any]:
    """As `total_pages` says as well: without that, nobody can tell what was counted."""
    page, total = truthful(records, asked, owns)
    return page, -(-total // 25)


def stopping_at(cap: int) -> Callable[..., tuple[list[Any], Any]]:
    def server(records: list[int | None], asked: int | None, owns: dict[int, int]) -> tuple[list[Any], Any]:
        page, total = truthful(records, asked, owns)
        return page, min(total, cap)

    return server


def only_with_a_filter(server: Callable[..., tuple[list[Any], Any]]) -> Callable[..., tuple[list[Any], Any]]:
    def changed(records: list[int | None], asked: int | None, owns: dict[int, int]) -> tuple[list[Any], Any]:
        return (truthful if asked is None else server)(records, asked, owns)

    return changed


def silent(records: list[int | None], asked: int | None, owns: dict[int, int]) -> tuple[list[Any], Any]:
    return truthful(records, asked, owns)[0], None


SERVERS = {
    "honours the filter": truthful,
    "ignores it": ignoring,
    "ignores it for an owner who exists": ignoring_who_exists,
    "counts the page": counting_the_page,
    "counts pages": counting_pages,
    "stops at 100": stopping_at(100),
    "stops at 1,000": stopping_at(1000),
    "does not count": silent,
    "counts the page of an owner": only_with_a_filter(counting_the_page),
    "stops at 100 for an owner": only_with_a_filter(stopping_at(100)),
}


@pytest.mark.parametrize("says_owner", [True, False], ids=["owners named", "owners not named"])
@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
@given(
    owns=st.dictionaries(
        st.integers(1, 5),
        st.integers(0, 30) | st.sampled_from([49, 50, 99, 100, 101, 250, 999, 1000, 1001]),
        min_size=1,
        max_size=3,
    ),
    unowned=st.integers(0, 30),
)
@example(owns={1: 30}, unowned=0)  # one owner has all there are
@example(owns={1: 0}, unowned=0)  # there is nothing
def test_whatever_a_server_counts_a_number_is_true_or_null(
    server: Callable[..., tuple[list[Any], Any]], says_owner: bool, owns: dict[int, int], unowned: int
) -> None:
    records = [None] * unowned + [owner for owner, count in owns.items() for _ in range(count)]

    def ask(owner_id: int | None) -> Count:
        page, total = server(records, owner_id, owns)
        named = [{"owner_id": owner} if says_owner else {} for owner in page]
        pages = {"total_pages": total} if server is counting_pages else {}
        return parsed({"records": named, **({} if total is None else {"meta": {"total": total, **pages}})})

    yardsticks = Yardsticks(ask(None), ask(NOBODY))
    settled = settle({owner_id: ask(owner_id) for owner_id in owns}, yardsticks, yardsticks)
    for owner_id, known in settled.items():
        assert known.records in {owns[owner_id], None}, known
    if server is truthful and unowned and max(owns.values()) < 25:
        assert {owner_id: known.records for owner_id, known in settled.items()} == owns
