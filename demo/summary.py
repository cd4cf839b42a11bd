"""Shows what the warehouse says, on a screen or two. Every number and name comes from a query."""

import duckdb
from rich.console import Console
from rich.table import Table

from freshsales_review.terminal import cell

# A row is there unless a later complete read of its stream did not have it. This is the rule of the receipts.
PRESENT = """
from freshsales.{stream} r where not exists (
  from freshsales.sync_receipts c
  where c.is_complete and c.stream = '{stream}' and c.account = r.account and c.sync_id > r.sync_id
)"""

STREAMS = (
    "owners",
    "roles",
    "territories",
    "teams",
    "profile",
    "scim_users",
    "scim_groups",
    "scim_group_members",
    "owned_records",
)

WHO_CAN_GET_IN = """
select who, people
from (
    select 1 as place, 'Active in SCIM' as who, count(*) as people
    from freshsales_identity.identities where scim_status = 'active'
    union all
    select 2, 'Inactive in SCIM', count(*)
    from freshsales_identity.identities where scim_status = 'inactive'
    union all
    select 2 + f.place, f.label || ': ' || f.meaning, count(*) filter (t.is_raised)
    from freshsales_identity.review_flags f left join freshsales_identity.identity_flags t using (flag)
    group by f.place, f.label, f.meaning
    having count(*) filter (t.is_raised) > 0
) order by place
"""

TOP_TEN = """
select display_name, department, risk_score as score, string_agg(t.reason, '; ' order by f.place) as reasons
from freshsales_identity.access_review
join freshsales_identity.identity_flags t using (account, identity_key)
join freshsales_identity.review_flags f using (flag)
where needs_decision and t.is_raised
group by account, identity_key, display_name, department, risk_score
order by risk_score desc, display_name
limit 10
"""

STILL_IN = """
select i.display_name, coalesce(i.scim_status, 'none') as "SCIM", coalesce(i.crm_status, 'none') as "CRM",
    string_agg(case r.source when 'hr' then 'HR' else 'Okta' end, ', ' order by r.source desc) as "left in",
    i.idp_status as "Okta", i.roster_status as "HR", i.idp_match_method as "matched by",
    case
        when bool_or(d.push_result = 'FAILURE') then 'failed'
        when bool_or(d.push_result = 'SUCCESS') then 'done'
        else 'not seen'
    end as push
from freshsales_identity.idp_reconciliation r
join freshsales_identity.identities i using (account, identity_key)
left join freshsales_identity.deprovisioning d using (account, identity_key, source)
where r.category = 'left_still_in'
group by all
order by push = 'failed' desc, i.display_name
"""

ORPHANED_OWNERS = """
select a.display_name, a.email, a.status, i.crm_role, i.crm_territory
from freshsales_identity.access_review a join freshsales_identity.identities i using (account, identity_key)
where a.is_orphaned_owner
order by a.display_name
"""

STILL_OWNED = """
select a.display_name, a.status,
    cast(a.contacts_owned as varchar) as contacts, cast(a.deals_owned as varchar) as deals,
    cast(a.accounts_owned as varchar) as accounts, a.records_owned_unknown as "not known"
from freshsales_identity.access_review a
where a.records_owned > 0 or a.records_owned_unknown is not null
order by a.records_owned desc nulls last, a.display_name
limit 10
"""

CHANGES = """
select coalesce(i.display_name, '(gone)') as who, event_type as what, old_value as was, new_value as "is"
from freshsales_identity.identity_changes c
left join freshsales_identity.identities i using (account, identity_key)
where c.seen_sync_id = (select max(sync_id) from freshsales_identity.data_quality)
order by event_type, who
"""


def print_loaded(console: Console, warehouse: duckdb.DuckDBPyConnection) -> None:
    present = {stream: PRESENT.format(stream=stream) for stream in STREAMS}

    def count(sql: str) -> str:
        (row,) = warehouse.sql(sql.format(**present)).fetchall()
        return f"{row[0]:,}"

    rows = _table("What was loaded: rows that are there now", "table", "rows")
    for stream in STREAMS:
        rows.add_row(f"freshsales.{stream}", count(f"select count(*) {{{stream}}}"))
    console.print(rows)


def print_answers(console: Console, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Show the identity marts: who can get in, who needs a decision, and what changed."""
    findings = _table("Who can get in", "", "people")
    for finding, people in warehouse.sql(WHO_CAN_GET_IN).fetchall():
        findings.add_row(finding, f"{people:,}")
    console.print(findings)
    for title, sql in (
        ("Left at the identity provider or at HR, and still in here", STILL_IN),
        ("Access review: the ten that need a decision most", TOP_TEN),
        ("Orphaned owners: gone or inactive in SCIM, still active in the CRM", ORPHANED_OWNERS),
        (
            "What leavers, and people past SSO, still own",
            STILL_OWNED,
        ),
        ("What changed since the previous run", CHANGES),
    ):
        found = warehouse.sql(sql)
        table = _table(title, *found.columns)
        for row in found.fetchall():
            table.add_row(*(cell(value or "") for value in row))
        console.print(table)


def _table(title: str, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for header in headers:
        is_number = header in {"rows", "people", "score"}
        table.add_column(header, justify="right" if is_number else "left", no_wrap=is_number)
    return table
