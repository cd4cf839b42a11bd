"""Every quirk of a server, over real HTTP: the whole truth once, or it is said what is missing and why."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.quirks import QUIRKS
from tests.tap.running import Outcome, run_tap
from tests.tap.truth import owned_by, truth_of

PEOPLE = 48
SETTINGS = {"page_size": 20, "max_attempts": 2}
REST = ("profile", "owners", "roles", "territories", "teams")
SCIM = ("scim_users", "scim_groups", "scim_group_members")
GROUPS = ("scim_groups", "scim_group_members")
READ: tuple[str, ...] = (*REST, *SCIM)
OWNED = ("owned_records",)


@dataclass(frozen=True)
class Said:
    """Streams that cannot be whole under a quirk, how their reason begins, and how the run ends."""

    streams: tuple[str, ...]
    reason: str | tuple[str, ...]
    exit_code: int = 76
    # Streams that may be whole or not, as it falls out.
    perhaps: tuple[str, ...] = ()


# All other quirks leave the whole truth to be read.
EXCEPTIONS: dict[str, Said] = {
    "scim-total-changes": Said(("scim_users",), "unstable: ", perhaps=GROUPS),
    "scim-total-too-high": Said(SCIM, "short: "),
    "scim-page-total-only": Said(("scim_users",), "paging_ignored: "),
    "scim-start-index-ignored": Said(("scim_users",), "paging_ignored: "),
    "scim-pages-skip": Said(("scim_users",), "short: "),
    "scim-order-unstable": Said(("scim_users",), ""),
    "scim-no-members": Said(("scim_group_members",), "members_unknown: ", 0),
    "scim-groups-404": Said(GROUPS, "absent", 0),
    "scim-groups-501": Said(GROUPS, "absent", 0),
    "rest-roles-404": Said(("roles",), "absent", 0),
    "rest-roles-501": Said(("roles",), "absent", 0),
    "rest-territories-404": Said(("territories",), "absent", 0),
    "rest-territories-501": Said(("territories",), "absent", 0),
    "rest-teams-404": Said(("teams",), "absent", 0),
    "rest-teams-501": Said(("teams",), "absent", 0),
    "rest-teams-403": Said(("teams",), "failed: permission_refused", 77),
    "rest-profile-404": Said(("profile",), "absent", 0),
    "rest-profile-501": Said(("profile",), "absent", 0),
    "rest-owners-403": Said(("owners", *OWNED), ("failed: permission_refused", "scope_unknown: owners"), 77),
    "rest-search-403": Said(OWNED, "failed: permission_refused", 77),
    "rest-search-404": Said(OWNED, "absent", 0),
    "rest-search-501": Said(OWNED, "absent", 0),
    "rest-search-deals-403": Said(OWNED, "failed: permission_refused", 77),
    "rest-search-deals-404": Said(OWNED, "uncounted: deal (absent)", 0),
    "rest-search-unfiltered-400": Said(OWNED, "uncounted: contact (refused)", 0),
    "rest-search-filter-ignored": Said(OWNED, "uncounted: contact (filter_ignored)", 0),
    "rest-search-unowned-for-unknown": Said(OWNED, "uncounted: contact (filter_ignored)", 0),
    "rest-search-no-meta": Said(OWNED, "uncounted: contact (no_total)", 0),
    "rest-roles-403": Said(("roles",), "failed: permission_refused", 77),
    "rest-territories-403": Said(("territories",), "failed: permission_refused", 77),
    "rest-profile-403": Said(("profile",), "unreadable: permission_refused", 0),
    "rest-html-login": Said(
        (*REST, *OWNED), ("failed: upstream_malformed", "unreadable: upstream_malformed", "scope_unknown: ")
    ),
    "scim-html-login": Said(SCIM, "failed: upstream_malformed"),
    "scim-403": Said(SCIM, "failed: permission_refused", 77),
    "scim-404": Said(SCIM, ("failed: not_found", "absent"), 78),
}


def check(outcome: Outcome, sandbox: Sandbox, excused: set[str], scope: str = "suspects") -> None:
    """Nothing doubled, nothing invented; whole where the receipt says so, and said where not."""
    truth = truth_of(sandbox.directory)
    assert sandbox.directory.key_owner is not None
    truth["profile"] = {(sandbox.directory.key_owner.crm_id,)}
    read = READ
    if "owned_records" in {receipt["stream"] for receipt in outcome.records["sync_receipts"]}:
        owned = owned_by(sandbox.directory, scope)
        truth["owned_records"] = set(owned)
        read = (*READ, *OWNED)
        for key, record in zip(outcome.keys(*OWNED), outcome.records[OWNED[0]], strict=True):
            assert record["records_owned"] in {owned[key], None}, f"{key}: a count that is not true"
            assert (record["records_owned"] is None) == (record["unknown_reason"] is not None)
    assert "Traceback" not in outcome.log
    assert "error in the tap itself" not in outcome.log
    for name in read:
        receipt, keys = outcome.receipt(name), outcome.keys(name)
        assert len(keys) == len(set(keys)), f"{name}: a record came twice"
        assert set(keys) <= truth[name], f"{name}: a record was invented"
        assert receipt["records"] == len(keys)
        if receipt["is_complete"]:
            assert set(keys) == truth[name], f"{name}: not whole, and nothing said\n{outcome.log}"
            assert receipt["incomplete_reason"] is None
        else:
            assert receipt["incomplete_reason"], f"{name}: not whole, and not said why"
            assert name in excused, f"{name}: {receipt['incomplete_reason']}"


def scope_under(quirks: list[str]) -> str:
    """Whom `suspects` asks about: nobody has the same address as an owner who is known without one."""
    return "all" if "rest-null-fields" in quirks else "suspects"


def test_the_table_names_no_quirk_that_is_none() -> None:
    assert EXCEPTIONS.keys() <= QUIRKS.keys()


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_costs_nobody_or_is_said(quirk: str, in_flight: int, tmp_path: Path) -> None:
    more = {"owned_records": "suspects"} if quirk.startswith("rest-") else {}
    with Sandbox(people=PEOPLE, quirks=quirk) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS, **more, "max_in_flight": in_flight}, tmp_path)
        said = EXCEPTIONS.get(quirk, Said((), "", 0))
        check(outcome, sandbox, {*said.streams, *said.perhaps}, scope_under([quirk]))
    for name in said.streams:
        assert (outcome.receipt(name)["incomplete_reason"] or "").startswith(said.reason)
    assert outcome.exit_code == said.exit_code


# Quirks that can lie over each other: what is refused outright is refused whatever else is odd.
LYING = sorted(QUIRKS.keys() - {name for name in QUIRKS if name.endswith(("-403", "-404", "-501", "-login"))})
# A page of an odd length whose total counts itself looks like a short list: only a request past the end of
# every short list could tell, and every honest server would pay for it. A round length is looked past.
COUNTING_THE_PAGE = {"scim-page-total", "scim-page-total-only"}


def can_be_told(quirks: list[str]) -> bool:
    return "scim-short-pages" not in quirks or not COUNTING_THE_PAGE & set(quirks)


@pytest.mark.parametrize("is_index_ignored", [False, True])
def test_a_capped_page_that_counts_itself_is_not_the_whole_list(
    is_index_ignored: bool, tmp_path: Path
) -> None:
    total = "scim-page-total-only" if is_index_ignored else "scim-page-total"
    with Sandbox(people=PEOPLE, quirks=f"scim-count-capped,{total}") as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS}, tmp_path)
        check(outcome, sandbox, set(SCIM) if is_index_ignored else set())
    assert outcome.receipt("scim_users")["is_complete"] is not is_index_ignored


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quirks=st.lists(st.sampled_from(LYING), min_size=2, max_size=3, unique=True).filter(can_be_told),
    in_flight=st.sampled_from([1, 4]),
)
@example(quirks=["scim-page-total-only", "scim-needs-both"], in_flight=1)
def test_quirks_over_each_other_cost_nobody_or_are_said(
    quirks: list[str], in_flight: int, tmp_path: Path
) -> None:
    more = {"owned_records": "suspects"} if any(name.startswith("rest-search-") for name in quirks) else {}
    with Sandbox(people=PEOPLE, quirks=quirks) as sandbox:
        outcome = run_tap({**sandbox.config, **SETTINGS, **more, "max_in_flight": in_flight}, tmp_path)
        check(outcome, sandbox, {*SCIM, *OWNED}, scope_under(quirks))
