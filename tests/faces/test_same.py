"""The four faces under the same faults: the same rows and receipts, or an error and no claim."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users import Account
from tap_freshsales_users.dlt import freshsales_source
from tap_freshsales_users.errors import TapError
from tests.faces.test_airbyte import Source, records, statuses
from tests.faces.test_dlt import Rows, comparable, expected, pipeline_in, rows_of
from tests.tap.running import run_tap

RECEIPTS = "sync_receipts"


@dataclass(frozen=True)
class World:
    """A server that does not behave."""

    quirks: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    # The lists that cannot be read whole.
    broken: frozenset[str] = field(default=frozenset())

    def served(self) -> Sandbox:
        return Sandbox(
            people=30, seed=4, quota=None, quirks=self.quirks, drift=self.drift, faults=self.faults
        )


WORLDS = {
    "pages capped, groups that leave out their members, 429 with Retry-After, 503": World(
        quirks=("scim-count-capped", "rest-per-page-capped", "scim-list-members-empty"),
        drift=("leave-last@scim_groups:3",),
        faults=("429-retry-after@owners:1x1", "503@scim_groups:2x1"),
    ),
    "401 in the middle, and a total that is never reached": World(
        quirks=("scim-total-too-high",),
        faults=("401@owners:2x*",),
        broken=frozenset({"owners", "scim_users", "scim_groups", "scim_group_members"}),
    ),
}


def same(rows: Rows) -> list[str]:
    """The rows in one order, without nulls, and without what is of a run, a port or an environment."""
    told = [
        {name: value for name, value in row.items() if value is not None and name != "tap_version"}
        for row in rows
    ]
    return [re.sub(r"127\.0\.0\.1:\d+", "the host", row) for row in comparable(told)]


@pytest.fixture(params=WORLDS, ids=["cured", "broken"])
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]


def settings_in(sandbox: Sandbox) -> dict[str, Any]:
    return {**sandbox.config, "page_size": 12, "max_in_flight": 1, "max_attempts": 3}


def by_singer(sandbox: Sandbox, folder: Path) -> dict[str, Rows]:
    return dict(run_tap(settings_in(sandbox), folder).records)


def by_python(sandbox: Sandbox, _: Path) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    with Account(**settings_in(sandbox)) as account:
        for names in account.together(account.tables):
            try:
                for table, page in account.read_together(*names):
                    found.setdefault(table, []).extend(page)
            except TapError:
                continue
        return {**found, RECEIPTS: account.receipts}


def by_airbyte(sandbox: Sandbox, folder: Path) -> dict[str, Rows]:
    source = Source(folder, sandbox, **settings_in(sandbox))
    messages = source.read(source.discover())
    found = records(messages)
    ended = {receipt["stream"]: receipt["is_complete"] for receipt in found[RECEIPTS]}
    for stream, said in statuses(messages).items():
        assert (said[-1] == "COMPLETE") == ended.get(stream, True)
    assert source.exit_code == (0 if all(ended.values()) else 1)
    return found


@pytest.mark.parametrize("face", [by_python, by_airbyte], ids=["python", "airbyte"])
def test_a_face_gives_the_rows_and_receipts_of_the_tap(
    face: Callable[[Sandbox, Path], dict[str, Rows]], world: World, tmp_path: Path
) -> None:
    with world.served() as sandbox:
        of_the_tap = by_singer(sandbox, tmp_path)
    with world.served() as sandbox:
        found = face(sandbox, tmp_path)
    broken = {receipt["stream"] for receipt in of_the_tap[RECEIPTS] if not receipt["is_complete"]}
    assert broken == world.broken
    assert found.keys() == of_the_tap.keys()
    for stream, rows in of_the_tap.items():
        assert same(found[stream]) == same(rows), stream


def test_dlt_loads_the_rows_and_receipts_of_the_tap_or_nothing(world: World, tmp_path: Path) -> None:
    with world.served() as sandbox:
        of_the_tap = by_singer(sandbox, tmp_path)
    with world.served() as sandbox:
        source = freshsales_source(**settings_in(sandbox))
        if "owners" in world.broken:
            with pytest.raises(PipelineStepFailed, match="api_key"):
                pipeline_in(tmp_path).run(source)
            return
        pipeline_in(tmp_path).run(source)
    for stream, rows in of_the_tap.items():
        assert same(rows_of(tmp_path, stream)) == same(expected(stream, rows)), stream
