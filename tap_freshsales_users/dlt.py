"""The dlt face (extra `dlt`): the tables of an account as a dlt source.

    import dlt
    from tap_freshsales_users.dlt import freshsales_source

    pipeline = dlt.pipeline("freshsales", destination="duckdb", dataset_name="freshsales")
    pipeline.run(freshsales_source(domain="acme", scim_token="..."))

There is a resource for each list. The resource scim_groups also fills scim_group_members. After the last
record of a list come the receipts of its tables, in the table sync_receipts. If a read fails, nothing of the
load arrives.

Rows are merged by their keys and never deleted. The receipts tell who is gone: a row whose sync_id is less
than that of the latest complete receipt of its account and stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from tap_freshsales_users.account import BY_NAME, Account, Settings
from tap_freshsales_users.reading.receipt import RECEIPT_KEY, RECEIPTS
from tap_freshsales_users.records.schemas import load_schema

# The place in the state of the pipeline for what the next run has to know.
BOOKMARKS = "bookmarks"


@dlt.source(name="freshsales", section="freshsales", max_table_nesting=0)
def freshsales_source(  # noqa: PLR0917 - dlt makes keywords of them
    domain: str = dlt.config.value,
    api_key: dlt.TSecretStrValue | None = None,
    scim_token: dlt.TSecretStrValue | None = None,
    pseudonym_key: dlt.TSecretStrValue | None = None,
    api_auth: str | None = None,
    rest_api_url: str | None = None,
    scim_api_url: str | None = None,
    page_size: int | None = None,
    max_in_flight: int | None = None,
    requests_per_hour: int | None = None,
    requests_per_minute: int | None = None,
    quota_reserve: int | None = None,
    max_quota_wait_seconds: int | None = None,
    request_timeout_seconds: float | None = None,
    max_attempts: int | None = None,
    owned_records: str | None = None,
    user_agent: str | None = None,
    tables: Sequence[str] | None = None,
) -> Iterable[DltResource]:
    """All tables that the credentials can read, or only those in `tables`.

    The settings are those of the tap. They may also stand in the configuration of dlt, under
    `sources.freshsales`.
    """
    arguments = locals()
    given: dict[str, Any] = {
        name: arguments[name] for name in Settings.__annotations__ if arguments[name] is not None
    }
    account = Account(**given)
    run = _Run(account)
    for place, names in enumerate(account.together(account.tables if tables is None else tables)):
        yield _resource(account, names, run, place)


class _Run:
    """What the lists of one run share: whose turn it is, and what the pipeline keeps for the next run."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._follows = False
        # The places of the lists whose resources have begun, and have not ended.
        self._under_way: set[int] = set()

    @contextmanager
    def turn(self, place: int) -> Iterator[Callable[[], bool]]:
        """Gives a question: whether no list with an earlier place is under way."""
        self._under_way.add(place)
        try:
            yield lambda: min(self._under_way) == place
        finally:
            self._under_way.remove(place)

    @property
    def _bookmarks(self) -> dict[str, Any]:
        # Asked for while a list is read: before that, there may be no pipeline yet.
        bookmarks: dict[str, Any] = dlt.current.source_state().setdefault(BOOKMARKS, {})
        return bookmarks

    def begin(self) -> None:
        last = self._bookmarks.get(self._account.bookmark["account"])
        if last is not None and not self._follows:
            self._account.follow(last)
        self._follows = True

    def note(self) -> None:
        self._bookmarks[self._account.bookmark["account"]] = dict(self._account.bookmark)


def _resource(account: Account, names: list[str], run: _Run, place: int) -> DltResource:

    def rows() -> Iterator[Any]:
        with run.turn(place) as is_its_turn:
            for name in (*names, RECEIPTS):
                # So the table exists even if nothing was read.
                yield dlt.mark.with_hints(
                    dlt.mark.materialize_table_schema(), _hints(name), create_table_variant=True
                )
            # dlt takes a page of each resource in turn. But a list may need what an earlier one has shown:
            # the groups that users name are those whose members have to be there.
            while not is_its_turn():
                yield None
            run.begin()
            for name, page in account.read_together(*names):
                yield dlt.mark.with_table_name(page, name)
            run.note()
            receipts = [receipt for receipt in account.receipts if receipt["stream"] in names]
            yield dlt.mark.with_table_name(receipts, RECEIPTS)

    return dlt.resource(rows, name=names[0])


def _hints(name: str) -> Any:
    keys = RECEIPT_KEY if name == RECEIPTS else BY_NAME[name].keys
    return dlt.mark.make_hints(
        table_name=name, write_disposition="merge", primary_key=list(keys), columns=_columns(name)
    )


def _columns(name: str) -> dict[str, TColumnSchema]:
    found: dict[str, TColumnSchema] = {}
    for column, shape in load_schema(name)["properties"].items():
        [kind] = [kind for kind in shape["type"] if kind != "null"]
        found[column] = {
            "data_type": "timestamp" if shape.get("format") == "date-time" else _TYPES[kind],
            "nullable": "null" in shape["type"],
            "description": shape.get("description", ""),
        }
    return found


_TYPES: dict[str, Any] = {
    "string": "text",
    "integer": "bigint",
    "boolean": "bool",
    "object": "json",
    "array": "json",
}
