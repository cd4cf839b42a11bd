"""`--test`: what a user runs first. It asks each list for one record, and prints what that tells."""

from __future__ import annotations

from collections.abc import Iterable

from tap_freshsales_users.errors import (
    Cause,
    CredentialRefusedError,
    NotFoundError,
    TapError,
    UnreachableError,
)
from tap_freshsales_users.reading.read import Source
from tap_freshsales_users.reading.sources import PROFILE
from tap_freshsales_users.session import Session
from tap_freshsales_users.summary import Summary
from tap_freshsales_users.tables import TABLES
from tap_freshsales_users.terminal import printable, show_what_can_be_shown

# Errors that every other list of the surface would end in as well.
ENDS_A_SURFACE: dict[type[TapError], str] = {
    CredentialRefusedError: "the credential was refused",
    UnreachableError: "the surface cannot be reached",
}


class Check:
    """Prints its findings to standard output, and tells the summary why a list cannot be read."""

    def __init__(self, session: Session, summary: Summary) -> None:
        self._session = session
        self._end = summary

    def execute(self) -> None:
        show_what_can_be_shown()
        api = self._session.api
        for kind in dict.fromkeys(table.source.surface for table in TABLES):
            setting = kind.credential_setting
            if not self._session.config.get(setting):
                _say(f"{kind.name}: not asked, `{setting}` is not set; its streams are deselected.")
                continue
            surface = api.transport(kind).surface
            _say(f"{kind.name}: {surface.host}{surface.path}")
            self._try_all(table.source for table in TABLES if table.source.surface is kind)
        api.stop()
        self._report_quota()
        _say("Nothing is wrong." if self._end.cause is None else "Something is wrong: see above.")

    def _report_quota(self) -> None:
        gate = self._session.api.gate
        if gate.left is None:
            _say("Quota: the server does not say what is left; the run is paced by the settings.")
            return
        limit = "" if gate.limit is None else f" of {gate.limit}"
        reserve = self._session.config["quota_reserve"]
        _say(f"Quota: {gate.left}{limit} requests are left; {reserve} an hour are reserved for others.")

    def _try_all(self, sources: Iterable[Source]) -> None:
        refused = None
        for source in dict.fromkeys(sources):
            if refused is not None:
                _say(f"  {source.name}: not asked, {refused}")
                continue
            try:
                found = self._first_record(source)
            except NotFoundError as error:
                if not source.is_optional:
                    self._end.add(error)
                    _report(source, str(error))
                elif self._is_required(source):
                    self._end.note(Cause.INCOMPLETE)
                    _report(source, "the account does not have it, but `required_streams` asks for it")
                else:
                    _report(source, "the account does not have it")
            except TapError as error:
                if source.can_do_without(error) and not self._is_required(source):
                    _report(source, f"{error} A run goes on without it.")
                else:
                    self._end.add(error)
                    _report(source, str(error))
                refused = ENDS_A_SURFACE.get(type(error))
            else:
                _report(source, found)

    def _is_required(self, source: Source) -> bool:
        required = self._session.required_streams
        return any(table.source is source and table.name in required for table in TABLES)

    def _first_record(self, source: Source) -> str:
        probe = self._session.read(source).probe()
        if source is PROFILE:
            [table] = [table for table in TABLES if table.source is source]
            [record] = self._session.rows(table).take(probe.items)
            name = record["display_name"] or record["name"] or record["email"] or "without a name"
            return f"can be read; the key is known as CRM user {record['id']} ({name})"
        total = "" if probe.total is None else f", {probe.total} in all"
        return f"can be read{total}" if probe.items else "can be read, and is empty"


def _report(source: Source, finding: str) -> None:
    first, *others = [table.name for table in TABLES if table.source is source]
    _say(f"  {first}: {finding}")
    for name in others:
        _say(f"  {name}: comes with {first}")


def _say(line: str) -> None:
    print(printable(line), flush=True)  # noqa: T201 - the command's own output
