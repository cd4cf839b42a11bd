"""The bookmark of an incremental stream: where the read starts, and whose bookmark it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_freshsales_users.errors import ConfigurationError
from tap_freshsales_users.records.coercion import UncoercibleError, to_date_time
from tap_freshsales_users.singer.sdk import PageStream


def bookmark_of(state: Mapping[str, Any], stream: str) -> dict[str, Any]:
    """The bookmark of this stream in a state; empty if there is none."""
    found = state.get("bookmarks", {}).get(stream)
    return found if isinstance(found, dict) else {}


def starting_moment(stream: PageStream) -> str | None:
    """The moment to read from, in UTC: the bookmark, else `start_date`. None for a full read."""
    if not stream.is_incremental:
        return None
    value = stream.get_starting_replication_key_value(None)
    if value is None:
        return None
    try:
        return to_date_time(value)
    except UncoercibleError:
        raise ConfigurationError(
            f"The bookmark of {stream.name} in the state is no date-time with its offset",
            "Remove it from the state to read in full, or set it to one such as 2026-01-31T00:00:00Z.",
        ) from None


def forget_other_account(stream: PageStream, account: str) -> None:
    """Drop the bookmark of another account. With it, everybody who has not changed since would be missing."""
    state = stream.stream_state
    of = state.get("account")
    if of is not None and of != account:
        state.clear()
        stream.logger.warning(
            "The bookmark of %s in the state is of another account: it is not used, and the list is read in "
            "full. Give each account a state of its own.",
            stream.name,
        )


def mark_account(stream: PageStream, account: str) -> None:
    """Write the account into the bookmark, if there is one, so that no other account uses it."""
    state = stream.stream_state
    if state.get("replication_key_value") is not None:
        state["account"] = account
