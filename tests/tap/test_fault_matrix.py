"""Every fault, at every request of each list of a small sync, one page at a time and four side by side.

What asking again can cure ends with the whole truth; what it cannot ends with the exit code of its cause, an
incomplete receipt for that list, and the others whole. There is no third way.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.faults import FAULTS
from tests.tap.running import Outcome, run_tap
from tests.tap.truth import LISTS, owned_by, truth_of

PEOPLE = 24
CONFIG: dict[str, float] = {
    "page_size": 10,
    "max_attempts": 3,
    "max_quota_wait_seconds": 30,
}
REST_LISTS = {"owners", "roles", "territories", "teams"}
# Asked for once more without paging, the list is there.
REFUSED_WITH_PAGING = {"400", "404"}
LASTING_PAGES = 2
# Who can help: whoever manages the account, or time. All others are answers that make no sense.
EXIT_CODES = {
    77: {"401", "403"},
    75: {
        *("408", "429", "429-retry-after", "403-retry-after", "500", "502", "503", "503-retry-after"),
        *("timeout", "trickle", "reset", "closed", "truncated", "chunk-cut"),
    },
}
MALFORMED = 76
# Read only in the cases that break it, for it costs the most requests: of the searches, the first one, which
# tries the filter, and one that counts. Each of them may be asked again without paging, or be a web page.
OWNED = "owned_records"
SEARCHES = (1, 3)
FOLLOWERS = {"scim_groups": ["scim_group_members"]}


@dataclass(frozen=True)
class Case:
    fault: str
    list: str
    page: int
    times: str
    in_flight: int

    def __str__(self) -> str:
        return f"{self.fault}@{self.list}:{self.page}x{self.times}-{self.in_flight}"

    @property
    def config(self) -> dict[str, float | str]:
        # Only what hangs is waited for, and no answer of a busy machine is taken for that.
        return {
            "max_in_flight": self.in_flight,
            "owned_records": "suspects" if self.list == OWNED else "none",
            "request_timeout_seconds": 0.3 if self.fault in {"timeout", "trickle"} else 30,
        }

    @property
    def exit_code(self) -> int:
        """Of a run that this fault fails."""
        return next((code for code, faults in EXIT_CODES.items() if self.fault in faults), MALFORMED)

    @property
    def expected(self) -> str:
        if self.list == "profile":
            return self._expected_of_profile()
        if self.list == OWNED:
            return self._expected_of_searches()
        cure = FAULTS[self.fault].cure
        if self.page == 1 and self.fault in REFUSED_WITH_PAGING:
            return "cured"
        if cure == "never" or (cure == "later-page" and self.page == 1):
            return "failed"
        if self.times == "1":
            return "cured"
        if self.fault.startswith("429"):
            return "exhausted"
        # Asked twice, a 404 behind the first page is the end of the list: the total may know better.
        # So is null in place of a list that no total speaks of.
        is_null = self.fault == "records-null" and self.list in REST_LISTS
        return "ended" if self.fault == "404" or is_null else "failed"

    def _expected_of_searches(self) -> str:
        cure = FAULTS[self.fault].cure
        if self.fault in REFUSED_WITH_PAGING or (cure == "retry" and self.times == "1"):
            return "cured"
        return "exhausted" if self.fault.startswith("429") else "failed"

    @property
    def lists(self) -> tuple[str, ...]:
        return (*LISTS, OWNED) if self.list == OWNED else LISTS

    def _expected_of_profile(self) -> str:
        """Nothing depends on it."""
        if self.fault == "404":
            return "absent"
        if self.fault == "401":
            return "failed"
        if FAULTS[self.fault].cure == "retry" and self.times == "1":
            return "cured"
        return "exhausted" if self.fault.startswith("429") else "unreadable"


def pages_of_each_list() -> dict[str, int]:
    """How many requests a sync with no fault makes for each list."""
    with Sandbox(people=PEOPLE) as sandbox:
        directory = sandbox.directory
        owners, users, groups = len(directory.owners()), len(directory.users()), len(directory.groups)
    size = int(CONFIG["page_size"])
    return {
        "profile": 1,
        "owners": -(-owners // size) + 1,
        "roles": -(-len(directory.roles) // size) + 1,
        "territories": -(-len(directory.territories) // size) + 1,
        "teams": -(-len(directory.teams) // size) + 1,
        "scim_users": 1 + -(-(users - size) // (size - 1)),
        "scim_groups": 1 + -(-(groups - size) // (size - 1)),
    }


def cases() -> list[Case]:
    return [
        Case(fault, list_, page, times, in_flight)
        for list_, pages in [
            *((name, range(1, count + 1)) for name, count in pages_of_each_list().items()),
            (OWNED, SEARCHES),
        ]
        for page in pages
        for fault in FAULTS
        for times in ("1", "*")
        for in_flight in ((4,) if list_ == OWNED else (1, 4))
        # What no retry cures is told by its first time; what lasts, by two pages of each list.
        if times == "1" or (FAULTS[fault].cure != "never" and page <= LASTING_PAGES and in_flight > 1)
    ]


CASES = cases()


def test_the_matrix_holds_every_fault_at_every_request() -> None:
    print(f"fault matrix: {len(CASES)} cases")
    assert {case.fault for case in CASES} == set(FAULTS)
    assert len(CASES) > len(FAULTS) * 2 * sum(pages_of_each_list().values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_cured_or_said(case: Case, tmp_path: Path) -> None:
    fault = f"{case.fault}@{case.list}:{case.page}x{case.times}"
    with Sandbox(people=PEOPLE, faults=fault) as sandbox:
        outcome = run_tap({**sandbox.config, **CONFIG, **case.config}, tmp_path)
        counts = owned_by(sandbox.directory, "suspects")
        truth = {**truth_of(sandbox.directory), OWNED: set(counts)}
        assert not sandbox.elsewhere.requests, "a redirect was followed"
    hit = [case.list, *FOLLOWERS.get(case.list, [])]
    if case.expected == "exhausted":
        hit = [
            name for name in case.lists if not outcome.receipt(name)["is_complete"]
        ]  # the quota is the account's
        assert "`max_quota_wait_seconds`" in outcome.log
    for key, record in zip(outcome.keys(OWNED), outcome.records[OWNED], strict=True):
        assert record["records_owned"] in {counts[key], None}
        assert record["records_owned"] is not None or case.expected != "cured"
    for name in case.lists:
        if name not in hit or case.expected == "cured":
            assert outcome.receipt(name)["is_complete"], outcome.log
            assert_whole(outcome, name, truth[name])
        else:
            assert_said(case, outcome, name, truth[name])
    if case.expected != "ended":
        is_fine = case.expected in {"cured", "absent", "unreadable"}
        assert outcome.exit_code == (0 if is_fine else case.exit_code), outcome.log


def assert_whole(outcome: Outcome, name: str, truth: set[tuple[object, ...]]) -> None:
    keys = outcome.keys(name)
    assert set(keys) == truth, outcome.log
    assert len(keys) == len(truth), "a record came twice"


def assert_said(case: Case, outcome: Outcome, name: str, truth: set[tuple[object, ...]]) -> None:
    receipt = outcome.receipt(name)
    keys = outcome.keys(name)
    assert len(keys) == len(set(keys)) == receipt["records"], "a record came twice"
    assert set(keys) <= truth
    if case.expected == "absent":
        assert receipt["incomplete_reason"] == "absent"
    elif receipt["is_complete"]:
        assert case.expected == "ended"
        assert set(keys) == truth or receipt["source_total"] is None, (
            "short of its total, and called complete"
        )
    else:
        assert receipt["incomplete_reason"]
        assert outcome.exit_code == case.exit_code
