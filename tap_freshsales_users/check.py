"""`--test`: what a user runs first. One request a list, one record each, and what they tell."""

from __future__ import annotations

from collections.abc import Iterable

from tap_freshsales_users.errors import CredentialRefusedError, NotFoundError, TapError, UnreachableError
from tap_freshsales_users.reading.walk_single import SingleWalk
from tap_freshsales_users.singer.client import ListStream
from tap_freshsales_users.singer.context import RunContext
from tap_freshsales_users.singer.streams import FOLLOWS, Profile
from tap_freshsales_users.terminal import printable, show_what_can_be_shown

SURFACES = {"api_key": "REST", "scim_token": "SCIM"}
ONE_RECORD = {"api_key": {"page": 1, "per_page": 1}, "scim_token": {"startIndex": 1, "count": 1}}


# What is then the same for every stream of the surface.
ENDS_A_SURFACE: dict[type[TapError], str] = {
    CredentialRefusedError: "the credential was refused",
    UnreachableError: "the surface cannot be reached",
}


class Check:
    """Prints its findings to standard output; exit code 1 where a stream cannot be read that should be."""

    def __init__(self, tap: RunContext) -> None:
        self._tap = tap
        self._exit_code = 0

    def execute(self) -> int:
        show_what_can_be_shown()
        for setting, surface in SURFACES.items():
            streams = [
                s for s in self._tap.streams.values() if isinstance(s, ListStream) and s.setting == setting
            ]
            if not self._tap.config.get(setting):
                _say(f"{surface}: not asked, `{setting}` is not set; its streams are deselected.")
                continue
            place = streams[0].transport.surface
            _say(f"{surface}: {place.host}{place.path}")
            self._try_streams(streams)
        self._tap.api.stop()
        self._report_quota()
        _say("Nothing is wrong." if self._exit_code == 0 else "Something is wrong: see above.")
        return self._exit_code

    def _report_quota(self) -> None:
        gate = self._tap.api.gate
        if gate.left is None:
            _say("Quota: the server does not say what is left; the run is paced by the settings.")
            return
        limit = "" if gate.limit is None else f" of {gate.limit}"
        reserve = self._tap.config["quota_reserve"]
        _say(f"Quota: {gate.left}{limit} requests are left; {reserve} an hour are reserved for others.")

    def _try_streams(self, streams: Iterable[ListStream]) -> None:
        refused = None
        for stream in streams:
            if refused is not None:
                _say(f"  {stream.name}: not asked, {refused}")
                continue
            try:
                found = self._first_record(stream)
            except NotFoundError as error:
                self._report(stream, "the account does not have it" if stream.is_optional else str(error))
                self._exit_code |= not stream.is_optional
            except TapError as error:
                can_do_without = stream.can_do_without(error)
                self._report(stream, f"{error} A run goes on without it." if can_do_without else str(error))
                self._exit_code |= not can_do_without
                refused = ENDS_A_SURFACE.get(type(error))
            else:
                self._report(stream, found)

    def _first_record(self, stream: ListStream) -> str:
        walk = SingleWalk({} if isinstance(stream, Profile) else dict(ONE_RECORD[stream.setting]))
        items = [
            item for page in stream.reader(walk, self._tap.open_receipt(stream.name)).pages() for item in page
        ]
        if isinstance(stream, Profile):
            record = stream.record(items[0])
            name = record.get("display_name") or record.get("name") or record.get("email") or "without a name"
            return f"can be read; the key is known as CRM user {record['id']} ({name})"
        total = "" if walk.total is None else f", {walk.total} in all"
        return f"can be read{total}" if items else "can be read, and is empty"

    def _report(self, stream: ListStream, finding: str) -> None:
        _say(f"  {stream.name}: {finding}")
        for follower, leader in FOLLOWS.items():
            if leader == stream.name:
                _say(f"  {follower}: comes with {leader}")


def _say(line: str) -> None:
    print(printable(line), flush=True)  # noqa: T201 - the command's own output
