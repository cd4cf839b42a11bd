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
    bookmarks = dlt.current.source_state().setdefault(BOOKMARKS, {})
    account = Account(**given)
    name = account.bookmark["account"]
    if name in bookmarks:
        account.follow(bookmarks[name])
    lists = account.together(account.tables if tables is None else tables)

    def note() -> None:
        bookmarks[name] = dict(account.bookmark)

    for names in lists:
        yield _resource(account, names, note)


def _resource(account: Account, names: list[str], note: Callable[[], None]) -> DltResource:

    def rows() -> Iterator[Any]:
        for name in (*names, RECEIPTS):
            # So the table exists even if nothing was read.
            yield dlt.mark.with_hints(
                dlt.mark.materialize_table_schema(), _hints(name), create_table_variant=True
            )
        for name, page in account.read_together(*names):
            yield dlt.mark.with_table_name(page, name)
        note()
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
