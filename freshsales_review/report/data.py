"""Reads the rows of every panel once, and packs them in the compact form that the page decodes."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from freshsales_review.errors import ReviewError
from freshsales_review.report import queries
from freshsales_review.warehouse import Result, Warehouse, identifier, require_tables

Value = str | int | float | bool | None
# The `origin` in identity_timeline of changes that were seen in Freshsales.
FRESHSALES = "freshsales"
# The `origin` of decisions. They name reviewers, who are not left out.
REVIEW = "review"
# An error names at most this many accounts, and counts the others.
MOST_ACCOUNTS_NAMED = 5


@dataclass(frozen=True)
class Panel:
    """The rows of one panel."""

    columns: tuple[str, ...]
    rows: list[tuple[Value, ...]]


@dataclass(frozen=True)
class Flag:
    """A flag of the review, as the mart review_flags describes it."""

    column: str
    label: str
    meaning: str
    rests_on_providers: bool
    calls_for_decision: bool


@dataclass(frozen=True)
class Report:
    """What one page shows."""

    panels: dict[str, Panel]
    all_flags: list[Flag]
    written_at: str | None
    """None for a page that must be the same each time it is made from the same warehouse."""

    @property
    def accounts(self) -> list[str]:
        return sorted({str(row[0]) for name in ("evidence", "people") for row in self.panels[name].rows})

    @property
    def title(self) -> str:
        named = self.accounts
        return " · ".join(
            ["Access review", *(named if len(named) <= MOST_ACCOUNTS_NAMED else [f"{len(named):,} accounts"])]
        )

    @property
    def flags(self) -> list[Flag]:
        """The flags that can be raised. Without a provider, no flag that rests on one can be raised."""
        has_providers = bool(self.panels["sources"].rows)
        return [flag for flag in self.all_flags if has_providers or not flag.rests_on_providers]

    def as_document(self) -> dict[str, Any]:
        """The panels, with an index into a dictionary in place of each cell.

        Columns with the same name share one dictionary in all panels. So a key that three panels have is
        written once, and the page compares keys as integers.
        """
        dictionaries: dict[str, dict[Value, int]] = {}
        tables = {}
        for name, panel in self.panels.items():
            cells = zip(*panel.rows, strict=True) if panel.rows else ((),) * len(panel.columns)
            tables[name] = {
                "rows": len(panel.rows),
                "columns": {
                    column: _places(values, dictionaries.setdefault(column, {}))
                    for column, values in zip(panel.columns, cells, strict=True)
                },
            }
        return {
            "written_at": self.written_at,
            "flags": [vars(flag) for flag in self.flags],
            "statuses": queries.STATUSES,
            "tables": tables,
            "dictionaries": {column: list(places) for column, places in dictionaries.items()},
        }


def read(
    warehouse: Warehouse,
    marts_schema: str,
    *,
    names: bool,
    account: str | None = None,
    written_at: dt.datetime | None = None,
) -> Report:
    """Read all panels of one account, or of all accounts; raises ReviewError."""
    require_marts(warehouse, marts_schema)
    if account is not None:
        require_account(warehouse, marts_schema, account)
    marts = identifier(marts_schema)
    all_flags = [Flag(*row) for row in warehouse.query(queries.FLAGS.format(marts=marts))]
    flags = ", ".join(identifier("review", flag.column) for flag in all_flags)
    panels = {}
    for name, sql in queries.PANELS.items():
        asked = sql if account is None else queries.of_account(sql)
        parameters = [] if account is None else [account]
        panels[name] = panel_of(warehouse.query(asked.format(marts=marts, flags=flags), parameters))
    panels = {name: panel if names else without_names(panel) for name, panel in panels.items()}
    panels = {name: _without_stand_ins(panel) for name, panel in panels.items()}
    return Report(panels, all_flags, None if written_at is None else _utc(written_at))


def accounts_in(warehouse: Warehouse, marts_schema: str) -> list[str]:
    """The accounts in the marts."""
    quality = identifier(marts_schema, "data_quality")
    found = warehouse.query(f"select distinct account from {quality} order by account")  # noqa: S608 - quoted
    return [account for (account,) in found]


def require_account(warehouse: Warehouse, marts_schema: str, account: str) -> None:
    """Raise ReviewError if the marts do not have this account."""
    known = accounts_in(warehouse, marts_schema)
    if account in known:
        return
    named = ", ".join(known[:MOST_ACCOUNTS_NAMED]) + (
        f" and {len(known) - MOST_ACCOUNTS_NAMED:,} more" if known[MOST_ACCOUNTS_NAMED:] else ""
    )
    raise ReviewError(f"There is no account {account} in the marts. They hold: {named}.")


def require_marts(warehouse: Warehouse, schema: str) -> None:
    """Raise ReviewError if a mart is missing, or if no read is in the marts."""
    require_tables(warehouse, {schema: queries.MARTS})
    quality = identifier(schema, "data_quality")
    if not list(warehouse.query(f"select 1 from {quality} limit 1")):  # noqa: S608 - quoted
        # An empty page would look as if nothing was wrong.
        raise ReviewError(
            f"The mart data_quality in schema {schema} is empty: no read is behind these marts. Load first, "
            "or name the schema of the marts with --marts-schema."
        )


def panel_of(result: Result) -> Panel:
    """The result of a query as a panel, with values that JSON has."""
    return Panel(result.columns, [tuple(map(_plain, row)) for row in result])


def _plain(value: object) -> Value:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return _utc(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _utc(moment: dt.datetime) -> str:
    # A column without a zone is in UTC, like all times of the tap.
    utc = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _places(values: Iterable[Value], dictionary: dict[Value, int]) -> list[int]:
    return [dictionary.setdefault(value, len(dictionary)) for value in values]


def without_names(panel: Panel) -> Panel:
    """The panel without names and addresses of people."""
    return Panel(
        panel.columns,
        [
            tuple(_without_name(column, row) for column in panel.columns)
            for row in (dict(zip(panel.columns, values, strict=True)) for values in panel.rows)
        ],
    )


def _without_stand_ins(panel: Panel) -> Panel:
    kept = [place for place, column in enumerate(panel.columns) if not column.endswith(queries.WITHOUT_NAMES)]
    if len(kept) == len(panel.columns):
        return panel
    return Panel(
        tuple(panel.columns[place] for place in kept),
        [tuple(row[place] for place in kept) for row in panel.rows],
    )


def _without_name(column: str, row: Mapping[str, Value]) -> Value:
    value = row.get(column + queries.WITHOUT_NAMES, row[column])
    if column in queries.NAMING_COLUMNS:
        return None
    if column in ("old_value", "new_value"):
        if row.get("event_type") in queries.NAMING_EVENTS:
            return None
        # After the result comes a reason in the words of the provider, which may name anybody.
        if row.get("origin", FRESHSALES) not in {FRESHSALES, REVIEW}:
            return str(value).partition(":")[0] if value is not None else None
    # A user's own source may use addresses as ids.
    if column == "idp_user_id" and "@" in str(value):
        return None
    return value
