"""Several runs in front of a warehouse: what receipts say is gone, equals what is gone.

Between the runs people join, leave and are deactivated; runs fail, break off half way, lose their receipts,
or meet people who come and go while they read. The warehouse is a dict that upserts, as every loader does.
"""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.company import found_company
from freshsales_sandbox.directory import Group, Person
from freshsales_sandbox.drift import DRIFTS, newcomer
from tests.tap.running import Message, Outcome, run_tap
from tests.tap.truth import LISTS, truth_of

Key = tuple[Any, ...]
PAGE_SIZE = 5
PLACES = st.floats(0, 1, exclude_max=True)


class Warehouse:
    """Rows by stream and key, receipts by run and stream; a later one of the same key takes its place."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Key, Message]] = {name: {} for name in LISTS}
        self.receipts: dict[tuple[str, str], Message] = {}

    def load(self, outcome: Outcome) -> None:
        for name, rows in self.rows.items():
            rows.update(zip(outcome.keys(name), outcome.records[name], strict=True))
        for receipt in outcome.records["sync_receipts"]:
            self.receipts[receipt["sync_id"], receipt["stream"]] = receipt

    def present(self, stream: str) -> set[Key]:
        """Rows as late as the latest complete receipt, or later; all of them where there is none."""
        complete = [
            r["sync_id"] for r in self.receipts.values() if r["stream"] == stream and r["is_complete"]
        ]
        latest = max(complete, default="")
        return {key for key, row in self.rows[stream].items() if row["sync_id"] >= latest}


class Runs(RuleBasedStateMachine):
    """`proven` is what the latest complete read delivered whose receipt arrived, `since` what came later."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory()
        self.warehouse = Warehouse()
        self.proven: dict[str, set[Key] | None] = dict.fromkeys(LISTS)
        self.since: dict[str, set[Key]] = {name: set() for name in LISTS}

    @initialize(seed=st.integers(0, 50), in_flight=st.sampled_from([1, 4]))
    def found(self, seed: int, in_flight: int) -> None:
        self.directory = found_company(14, seed)
        self.in_flight = in_flight
        # Every sandbox from here on serves the same people, whatever is to go wrong with it.
        self.patch.setattr("freshsales_sandbox.app.found_company", lambda _people, _seed: self.directory)

    def teardown(self) -> None:
        self.patch.undo()
        self.folder.cleanup()

    # -- what happens to people

    @rule(place=PLACES)
    def join(self, place: float) -> None:
        self.directory.add(newcomer(self.directory), int(len(self.directory.people) * place))

    @precondition(lambda self: len(self.directory.users()) > 2)
    @rule(place=PLACES)
    def leave(self, place: float) -> None:
        self.directory.remove(self.somebody(place))

    @rule(place=PLACES)
    def deactivate(self, place: float) -> None:
        self.directory.change(self.somebody(place), active=False)

    @rule(place=PLACES)
    def found_a_group(self, place: float) -> None:
        now = self.directory.now
        member = str(self.somebody(place).scim_id)
        group = Group(
            scim_id=self.directory.new_scim_id(), name="Team", created=now, modified=now, members=[member]
        )
        self.directory.add_group(group)

    @precondition(lambda self: bool(self.directory.groups))
    @rule(place=PLACES)
    def dissolve_a_group(self, place: float) -> None:
        self.directory.remove_group(self.directory.groups[int(len(self.directory.groups) * place)])

    def somebody(self, place: float) -> Person:
        """Anyone but the one whose key reads the lists."""
        users = [person for person in self.directory.users() if person is not self.directory.key_owner]
        return users[int(len(users) * place)]

    # -- runs

    @rule()
    def run(self) -> None:
        outcome = self.read()
        assert outcome.exit_code == 0
        self.arrive(outcome)
        self.assert_warehouse_is_the_truth()

    @rule(place=st.sampled_from([f"{name}:{page}" for name in LISTS[:-1] for page in (1, 2)]))
    def run_and_fail(self, place: str) -> None:
        outcome = self.read(faults=f"403@{place}x*")
        self.arrive(outcome)

    @rule(share=PLACES)
    def run_in_front_of_a_loader_that_dies(self, share: float) -> None:
        outcome = self.read()
        self.arrive(outcome, most=int(len(outcome.messages) * share))

    @rule(drift=st.sampled_from(sorted(DRIFTS)), request=st.integers(2, 5))
    def run_while_people_come_and_go(self, drift: str, request: int) -> None:
        before = truth_of(self.directory)
        outcome = self.read(drift=f"{drift}@scim_users:{request}")
        after = truth_of(self.directory)
        keys = set(outcome.keys("scim_users"))
        assert keys <= before["scim_users"] | after["scim_users"]
        if outcome.receipt("scim_users")["is_complete"]:
            assert before["scim_users"] & after["scim_users"] <= keys
        self.arrive(outcome, moving=True)

    def read(self, **options: Any) -> Outcome:
        with Sandbox(quota=None, **options) as sandbox:
            config = {**sandbox.config, "page_size": PAGE_SIZE, "max_in_flight": self.in_flight}
            return run_tap(config, Path(self.folder.name))

    def arrive(self, outcome: Outcome, *, most: int | None = None, moving: bool = False) -> None:
        """Load what a run wrote, and hold what the warehouse then calls present against what it was told."""
        loaded = Outcome(outcome.exit_code, outcome.messages[:most], outcome.log)
        self.warehouse.load(loaded)
        complete = {r["stream"] for r in loaded.records["sync_receipts"] if r["is_complete"]}
        for name in LISTS:
            keys = set(loaded.keys(name))
            if name in complete:
                assert moving or keys == truth_of(self.directory)[name]
                self.proven[name], self.since[name] = keys, set()
            else:
                self.since[name] |= keys
            proven = self.proven[name]
            told = self.warehouse.rows[name].keys() if proven is None else proven | self.since[name]
            assert self.warehouse.present(name) == told

    def assert_warehouse_is_the_truth(self) -> None:
        for name, truth in truth_of(self.directory).items():
            assert self.warehouse.present(name) == truth
        active = {(person.scim_id,): person.active for person in self.directory.users()}
        rows = self.warehouse.rows["scim_users"]
        assert {key: rows[key]["active"] for key in self.warehouse.present("scim_users")} == active


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)
