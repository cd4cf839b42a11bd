"""What the raw tables say, in one screen."""

import duckdb
from rich.console import Console
from rich.table import Table

# A row is there unless a later complete read of its stream did not meet it: the rule of the receipts.
PRESENT = """
from freshsales.{stream} r where not exists (
  from freshsales.sync_receipts c
  where c.is_complete and c.stream = '{stream}' and c.account = r.account and c.sync_id > r.sync_id
)"""

STREAMS = ("owners", "roles", "territories", "profile", "scim_users", "scim_groups", "scim_group_members")

FINDINGS = {
    "SCIM users, active": "select count(*) {scim_users} and r.active",
    "SCIM users, inactive": "select count(*) {scim_users} and not r.active",
    "Owners in the CRM with no SCIM user (they bypass SSO)": """
        select count(*) {owners} and lower(r.email) not in (
          select lower(address) from (
            select unnest([r.primary_email, r.user_name]) as address {scim_users}
          ) where address is not null
        )""",
    "Owners in the CRM whose SCIM user is inactive (left, still owning records)": """
        select count(*) {owners} and lower(r.email) in (
          select lower(r.primary_email) {scim_users} group by all having not bool_or(r.active)
        )""",
}


def print_summary(console: Console, warehouse: duckdb.DuckDBPyConnection) -> None:
    present = {stream: PRESENT.format(stream=stream) for stream in STREAMS}

    def count(sql: str) -> str:
        (row,) = warehouse.sql(sql.format(**present)).fetchall()
        return f"{row[0]:,}"

    rows = Table(title="Rows in the warehouse", title_justify="left")
    rows.add_column("table")
    rows.add_column("rows", justify="right")
    for stream in STREAMS:
        rows.add_row(f"freshsales.{stream}", count(f"select count(*) {{{stream}}}"))
    console.print(rows)

    findings = Table(title="Who can get in", title_justify="left")
    findings.add_column("finding")
    findings.add_column("people", justify="right")
    for finding, sql in FINDINGS.items():
        findings.add_row(finding, count(sql))
    console.print(findings)
