"""Makes the files of an evidence pack. The same warehouse always gives the same bytes."""
# ruff: noqa: S608  -- names are quoted by identifier() or are constants, values are parameters

import csv
import hashlib
import io
import re
from collections.abc import Mapping

from freshsales_review.capture import STAGING
from freshsales_review.decisions.campaigns import campaigns
from freshsales_review.decisions.store import (
    CAMPAIGNS,
    CLOSINGS,
    DECISIONS,
    REFUSED,
    SCHEMA,
    SCOPE,
    name_of,
    tables_there,
)
from freshsales_review.errors import ReviewError
from freshsales_review.evidence import page, tables
from freshsales_review.report.data import Panel, Value, panel_of, read, require_marts, without_names
from freshsales_review.report.fleet import page_name
from freshsales_review.report.render import render
from freshsales_review.warehouse import Warehouse, columns_of, identifier

SUMS = "SHA256SUMS"
PAGE = "README.md"
# Characters that start a formula in a spreadsheet, also in full width (OWASP, CSV injection).
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n]")
# The staged tables of dbt, each with the table that `decide` and `campaign` write.
STAGED = {
    DECISIONS: "stg_freshsales__review_decisions",
    SCOPE: "stg_freshsales__campaign_scope",
    REFUSED: "stg_freshsales__self_decisions_refused",
    CAMPAIGNS: "stg_freshsales__campaigns",
}


def pack(warehouse: Warehouse, marts_schema: str, campaign: str, *, names: bool) -> dict[str, bytes]:
    """The content of each file, by its name; raises a ReviewError if the marts do not have all of it."""
    require_marts(warehouse, marts_schema)
    _require_campaign(warehouse, campaign)
    _require_built(warehouse, campaign)
    places = {
        "marts": identifier(marts_schema),
        "staging": identifier(STAGING),
        "decisions": identifier(SCHEMA),
    }
    found = {
        table: _sorted(panel_of(warehouse.query(table.sql.format(**places), [campaign])))
        for table in tables.TABLES
    }
    accounts = sorted({str(row[0]) for row in found[tables.CAMPAIGN].rows})
    shown = found if names else {table: without_names(panel) for table, panel in found.items()}
    files = {table.file: _as_csv(panel) for table, panel in shown.items()}
    for account in accounts:
        report = read(warehouse, marts_schema, names=names, account=account)
        files[page_name(account)] = render(report).encode()
    rows = {table.file: len(panel.rows) for table, panel in shown.items()}
    of_campaign = [
        dict(zip(found[tables.CAMPAIGN].columns, row, strict=True)) for row in found[tables.CAMPAIGN].rows
    ]
    files[PAGE] = page.written(of_campaign, [page_name(account) for account in accounts], rows, names=names)
    files[SUMS] = _sums(files)
    return files


def _require_campaign(warehouse: Warehouse, campaign: str) -> None:
    known = sorted({one.campaign for one in campaigns(warehouse)})
    if campaign not in known:
        there = f"There are: {', '.join(known)}." if known else "There is none at all."
        raise ReviewError(f"There is no campaign {campaign}. {there}")


def _require_built(warehouse: Warehouse, campaign: str) -> None:
    """Raise ReviewError if something was decided after the marts were built: its outcome would be missing."""
    written, staged = tables_there(warehouse), columns_of(warehouse, STAGING)

    def count(table: str, condition: str = "true") -> int:
        sql = f"select count(*) from {table} where campaign = $1 and {condition}"
        [(rows,)] = warehouse.query(sql, [campaign])
        return int(rows)

    is_built = {*STAGED.values()} <= staged.keys() and all(
        count(name_of(table)) == count(identifier(STAGING, model))
        for table, model in STAGED.items()
        if table in written
    )
    if is_built and CLOSINGS in written:
        is_built = count(name_of(CLOSINGS)) == count(
            identifier(STAGING, STAGED[CAMPAIGNS]), "closed_at is not null"
        )
    if not is_built:
        raise ReviewError(
            f"Something of the campaign {campaign} was written since the marts were built: build them first "
            "(`freshsales-review dbt build`), so that the pack holds what became of it."
        )


def _sorted(panel: Panel) -> Panel:
    """The rows in the same order on every warehouse, whatever its collation is."""
    return Panel(panel.columns, sorted(panel.rows, key=lambda row: [_text(value) for value in row]))


def _as_csv(panel: Panel) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(panel.columns)
    writer.writerows([_cell(value) for value in row] for row in panel.rows)
    # The mark tells Excel that this is UTF-8.
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Value) -> str:
    text = _text(value)
    return f"'{text}" if isinstance(value, str) and FORMULA.match(text) else text


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sums(files: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()
