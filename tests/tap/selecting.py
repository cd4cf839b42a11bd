"""Catalogs, as a user makes them: discovered, then changed."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.tap.running import Message, run_tap

Change = Callable[[Message], None]


def discover(config: Mapping[str, Any], tmp_path: Path, *changes: Change) -> Message:
    """What `--discover` prints, each stream's entry changed in turn."""
    catalog: Message = json.loads(run_tap(config, tmp_path, "--discover").output)
    for entry in catalog["streams"]:
        for change in changes:
            change(entry)
    return catalog


def metadata_of(entry: Message, *breadcrumb: str) -> Message:
    """The metadata of a stream, or of what a breadcrumb leads to; made where there is none."""
    for found in entry["metadata"]:
        if found["breadcrumb"] == list(breadcrumb):
            metadata: Message = found["metadata"]
            return metadata
    entry["metadata"].append({"breadcrumb": list(breadcrumb), "metadata": {}})
    made: Message = entry["metadata"][-1]["metadata"]
    return made


def select(stream: str, *breadcrumb: str, selected: bool = True) -> Change:
    def change(entry: Message) -> None:
        if entry["tap_stream_id"] == stream:
            metadata = metadata_of(entry, *breadcrumb)
            metadata.pop("inclusion", None)  # `automatic` cannot be turned off
            metadata["selected"] = selected

    return change


def deselect(stream: str, *breadcrumb: str) -> Change:
    return select(stream, *breadcrumb, selected=False)


def incremental(entry: Message) -> None:
    """What Meltano's `metadata` makes of an entry, and what the SDK's own catalogs say."""
    if entry["tap_stream_id"] == "scim_users":
        entry["replication_method"] = "INCREMENTAL"
        entry["replication_key"] = "last_modified_at"
