"""People leave between two runs: the receipts tell exactly who is gone, whatever happened in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from freshsales_sandbox.app import Sandbox
from tests.pipeline.commands import pipe
from tests.pipeline.presence import keys_of, present_and_gone
from tests.pipeline.truth import STREAMS, truth
from tests.pipeline.warehouses import Warehouse

OTHER_ACCOUNT = "beta.myfreshworks.com"
# Nobody answers there; one attempt is enough to know.
NO_SCIM = {"scim_api_url": "http://127.0.0.1:9/scim/v2", "max_attempts": "1"}


@pytest.fixture
def other_sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=11, quota=None) as running:
        yield running


def test_receipts_tell_who_is_gone_after_failed_and_killed_runs(
    sandbox: Sandbox, other_sandbox: Sandbox, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert pipe(sandbox, warehouse, tmp_path)[0] == 0
    assert pipe(other_sandbox, warehouse, tmp_path, settings={"domain": OTHER_ACCOUNT})[0] == 0
    before = keys_of(truth(sandbox))
    for stream in STREAMS:
        assert present_and_gone(warehouse, stream)[1] == set(), stream

    leave(sandbox)
    after = keys_of(truth(sandbox))
    assert before["scim_users"] - after["scim_users"]
    assert before["owners"] - after["owners"]
    assert before["scim_group_members"] - after["scim_group_members"]

    # A run that cannot reach SCIM says nothing about its people, and everything about the CRM's.
    assert pipe(sandbox, warehouse, tmp_path, settings=NO_SCIM)[0] == 75
    for stream in STREAMS:
        is_read = not stream.startswith("scim_")
        expected = before[stream] - after[stream] if is_read else set()
        assert present_and_gone(warehouse, stream)[1] == expected, stream

    # A run that dies half way says nothing at all.
    assert pipe(sandbox, warehouse, tmp_path, stop_after_lines=80)[0] == -9
    for stream in ("scim_users", "scim_groups", "scim_group_members"):
        assert present_and_gone(warehouse, stream)[1] == set(), stream

    assert pipe(sandbox, warehouse, tmp_path)[0] == 0
    others = {
        stream: {(OTHER_ACCOUNT, *found[1:]) for found in keys}
        for stream, keys in keys_of(truth(other_sandbox)).items()
    }
    for stream in STREAMS:
        present, gone = present_and_gone(warehouse, stream)
        assert gone == before[stream] - after[stream], stream
        assert present == after[stream] | others[stream], stream


def leave(sandbox: Sandbox) -> None:
    """Remove every sixth person from both sides, and a whole group."""
    for person in sandbox.directory.people[2::6]:
        sandbox.directory.remove(person)
    sandbox.directory.remove_group(sandbox.directory.groups[-2])
