"""`--test`: what a user runs first. It asks each list for one record, and prints what it found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
from tap_freshsales_users.tables.tables import TABLES
from tap_freshsales_users.terminal import printable, show_what_can_be_shown

# Errors that every other list of the surface would end in as well.
ENDS_A_SURFACE: dict[type[TapError], str] = {
    CredentialRefusedError: "the credential was refused",
    UnreachableError: "the surface cannot be reached",
}
NO = "cannot be read, see below"
NOT_THERE = "the account does not have it"

Row = Sequence[str]


class Check:
    """Prints its findings to standard output, and tells the summary why a list cannot be read."""

    def __init__(self, session: Session, summary: Summary) -> None:
        self._session = session
        self._end = summary
        self._credentials: list[Row] = [("Credential", "Setting", "Sent to", "Answer")]
        self._streams: list[Row] = [("Stream", "Setting", "What can be read")]
        self._missing: list[str] = []

    def execute(self) -> None:
        """Check all lists, and print the tables. The summary gets what is wrong."""
        show_what_can_be_shown()
        config = self._session.config
        sources = dict.fromkeys(table.source for table in TABLES if table.is_on(config))
        for kind in dict.fromkeys(source.surface for source in sources):
            self._try_credential([source for source in sources if source.surface is kind])
        self._session.api.stop()
        _print_table(self._credentials)
        _print_table(self._streams)
        _say(self._quota())
        if self._missing:
            _say("", "What is missing, and what to do:", *self._missing)
        _say("", "Nothing is wrong." if self._end.cause is None else "Something is wrong: see above.")

    def _quota(self) -> str:
        quota_gate = self._session.api.quota_gate
        if quota_gate.left is None:
            return "Quota: the server does not say what is left; the run is paced by the settings."
        limit = "" if quota_gate.limit is None else f" of {quota_gate.limit}"
        reserve = self._session.config["quota_reserve"]
        return (
            f"Quota: {quota_gate.left}{limit} requests are left; {reserve} an hour are reserved for others."
        )

    def _try_credential(self, sources: Sequence[Source]) -> None:
        """Ask all lists of one surface, if its credential is set."""
        kind = sources[0].surface
        setting = kind.credential_setting
        if self._session.config.get(setting):
            surface = self._session.api.transport(kind).surface
            row = (kind.credential_name, setting, f"{surface.host}{surface.path}", self._try_all(sources))
        else:
            row = (kind.credential_name, setting, "", "not set")
            self._missing.append(f"  {setting}: it is not set. {kind.credential_remedy}")
            for source in sources:
                self._tell(source, f"not asked, `{setting}` is not set")
        self._credentials.append(row)

    def _try_all(self, sources: Iterable[Source]) -> str:
        """Ask each list for one record. Returns what the answers say about the credential."""
        refused, can_any = None, False
        for source in sources:
            if refused is not None:
                self._tell(source, f"not asked, {refused}")
                continue
            try:
                self._tell(source, self._first_record(source))
                can_any = True
            except TapError as error:
                self._tell_failed(source, error)
                refused = ENDS_A_SURFACE.get(type(error))
        return refused or ("accepted" if can_any else "no list can be read")

    def _tell_failed(self, source: Source, error: TapError) -> None:
        is_required = self._is_required(source)
        if isinstance(error, NotFoundError) and source.is_optional:
            self._tell(source, NOT_THERE)
            if is_required:
                self._end.note(Cause.INCOMPLETE)
                self._miss(source, f"{NOT_THERE}, but `required_streams` asks for it")
        elif source.can_do_without(error) and not is_required:
            self._tell(source, NO)
            self._miss(source, f"{error} A run goes on without it.")
        else:
            self._end.add(error)
            self._tell(source, NO)
            self._miss(source, str(error))

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

    def _tell(self, source: Source, finding: str) -> None:
        first, *others = [table.name for table in TABLES if table.source is source]
        self._streams.append((first, source.setting, finding))
        self._streams += [(name, source.setting, f"comes with {first}") for name in others]

    def _miss(self, source: Source, what: str) -> None:
        self._missing.append(f"  {source.name}: {what}")


def _print_table(rows: Sequence[Row]) -> None:
    """Print the rows in columns, and an empty line after them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    _say("")


def _say(*lines: str) -> None:
    for line in lines:
        print(printable(line), flush=True)  # noqa: T201 - the command's own output
