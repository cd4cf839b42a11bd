"""The query of each panel of the page. Each runs on the marts, on DuckDB and on PostgreSQL.

`{marts}` is the quoted schema of the marts, and `{flags}` are the quoted columns of the flags. Rows come in
the order in which the page shows them. Ids are text, because some CRM ids are beyond 2^53, the limit of exact
integers in JavaScript.
"""
# ruff: noqa: S608  -- made of constants of this module alone

import re

MARTS = (
    "access_review",
    "data_quality",
    "deprovisioning",
    "directory_daily",
    "identities",
    "identity_changes",
    "identity_entitlements",
    "identity_flags",
    "identity_timeline",
    "idp_load_quality",
    "idp_reconciliation",
    "review_campaigns",
    "review_flags",
    "review_outcomes",
)


# The marts that do not depend on an account.
WITHOUT_ACCOUNT = frozenset({"review_flags"})
_MART = re.compile(r"\{marts\}\.(\w+)")


def of_account(sql: str) -> str:
    """The same query for one account only: its first parameter."""
    tables = sorted({*_MART.findall(sql)} - WITHOUT_ACCOUNT)
    parts = ", ".join(f"{table} as (select * from {{marts}}.{table} where account = $1)" for table in tables)
    return f"with {parts} {_MART.sub(_unqualified, sql)}"


def _unqualified(mart: re.Match[str]) -> str:
    return mart[0] if mart[1] in WITHOUT_ACCOUNT else mart[1]


STATUSES = {
    "active": "Active",
    "inactive_in_crm": "Inactive in the CRM",
    "not_an_owner": "Not an owner",
    "unmanaged": "Unmanaged",
    "unknown": "Unknown",
    "deactivated": "Deactivated",
    "removed": "Removed",
}

EVIDENCE = """
select account, stream, sync_id, finished_at, is_complete, incomplete_reason, has_arrived, last_complete_at,
    rows_read, rows_sent, rows_in_warehouse, population_sha256, population_matches, tap_version, is_held_back,
    rows_read_before, rows_missing
from {marts}.data_quality
where is_latest_run
order by account, stream
"""

# The reads between which the page can show changes: those by which identity_changes tells who is gone.
READS = """
select account, sync_id, max(finished_at) as finished_at
from {marts}.data_quality
where is_complete and has_arrived and not is_held_back
    and stream in ('owners', 'scim_users', 'scim_group_members')
group by account, sync_id
order by sync_id, account
"""

COUNTS = """
select
    (select count(*) from {marts}.access_review) as people,
    (select count(*) from {marts}.access_review where status = 'active') as active,
    (select count(*) from {marts}.access_review where needs_decision) as needing_decision,
    (select count(*) from {marts}.access_review where risk_score > 0 and not needs_decision) as left_out,
    (
        select count(distinct change.account || ' ' || change.identity_key)
        from {marts}.identity_changes as change
        join {marts}.data_quality as quality
            on quality.account = change.account
            and quality.stream = change.stream
            and quality.last_complete_sync_id = change.seen_sync_id
        where quality.is_latest_run
    ) as changed
"""

# The name of each flag, the heaviest first. The columns with these names are added to PEOPLE.
FLAGS = """
select flag as name, label, meaning, rests_on_providers, calls_for_decision
from {marts}.review_flags
order by place
"""

# A flag that is null for everybody is not known. That is not the same as 0.
FLAG_COUNTS = """
select flag.place, flag.flag,
    case
        when count(case when told.flag is not null and told.is_raised is null then 1 end)
            < (select count(*) from {marts}.access_review)
            then count(case when told.is_raised then 1 end)
    end as people
from {marts}.review_flags as flag
left join {marts}.identity_flags as told on told.flag = flag.flag
group by flag.place, flag.flag
order by flag.place
"""

DAILY = """
select day, status, cast(sum(head_count) as bigint) as people
from {marts}.directory_daily
group by day, status
order by day, status
"""

BY_DEPARTMENT = """
select review.department, count(*) as entitlements
from {marts}.identity_entitlements as held
join {marts}.access_review as review
    on review.account = held.account and review.identity_key = held.identity_key
group by review.department
order by count(*) desc, review.department
"""

BY_ROLE = """
select resource_name as role, count(*) as entitlements
from {marts}.identity_entitlements
where resource_type in ('crm_role', 'scim_role')
group by resource_name
order by count(*) desc, resource_name
"""

# What identity providers and rosters say about a person.
PROVIDER_COLUMNS = (
    "idp_source",
    "idp_user_id",
    "idp_match_method",
    "idp_match_confidence",
    "idp_match_is_ambiguous",
    "idp_status",
    "idp_left_at",
    "idp_last_login_at",
    "app_last_sign_in_at",
    "is_assigned_in_idp",
    "roster_status",
    "roster_left_on",
)

# Reasons are separated by line ends, because names of groups may contain any other character.
PEOPLE = f"""
select review.account, review.identity_key, review.risk_score, review.needs_decision,
    review.display_name as name, review.email, person.user_name, review.status, why.reasons,
    why.reasons_without_names, review.department, person.manager_name as manager,
    person.manager_identity_key, person.title, person.crm_role,
    cast(person.crm_owner_id as varchar) as crm_owner_id, person.crm_status,
    person.scim_user_id, person.scim_status, person.match_method, person.match_confidence,
    review.contacts_owned, review.deals_owned, review.accounts_owned, review.records_owned_unknown,
    {", ".join(f"person.{column}" for column in PROVIDER_COLUMNS)},
    review.last_decision, review.last_decided_at, review.changed_since_decision,
    {{flags}}
from {{marts}}.access_review as review
join {{marts}}.identities as person
    on person.account = review.account and person.identity_key = review.identity_key
left join (
    select told.account, told.identity_key, string_agg(told.reason, chr(10) order by flag.place) as reasons,
        string_agg(told.reason_without_names, chr(10) order by flag.place) as reasons_without_names
    from {{marts}}.identity_flags as told
    join {{marts}}.review_flags as flag on flag.flag = told.flag
    where told.is_raised
    group by told.account, told.identity_key
) as why on why.account = review.account and why.identity_key = review.identity_key
order by review.risk_score desc, lower(review.display_name), review.account, review.identity_key
"""

ENTITLEMENTS = """
select account, identity_key, grant_key, resource_type, resource_name, entitlement, granted_via
from {marts}.identity_entitlements
order by account, identity_key, resource_type, resource_name, is_direct desc, granted_via, grant_key
"""

# The reads that people and grants come from: a decision is about such a read, and its age counts.
RESTS_ON = """
select account, stream, sync_id, population_sha256
from {marts}.data_quality
where sync_id = last_complete_sync_id and stream in ('owners', 'scim_users', 'scim_group_members')
order by account, stream, sync_id desc
"""

EVENTS = """
select change.account, change.identity_key, person.display_name as name, change.event_type, change.old_value,
    change.new_value, change.first_seen_at, change.seen_sync_id
from {marts}.identity_changes as change
join {marts}.identities as person
    on person.account = change.account and person.identity_key = change.identity_key
order by change.first_seen_at desc, change.account, lower(person.display_name), change.identity_key,
    change.event_type, change.change_key
"""

SOURCES = """
select account, source, object, is_loaded, rows, newest_loaded_at, hours_old, absence_counts,
    absence_evidence, held_back_load_id, events_from, rows_left, service_accounts, people_ambiguous,
    matched_by_app_user_id, matched_by_external_id, matched_by_external_alias, matched_by_employee_number,
    matched_by_login, matched_by_primary_email, matched_by_any_email, matched_by_earlier_match
from {marts}.idp_load_quality
order by account, source, case object when 'users' then 1 when 'app_assignments' then 2 else 3 end
"""

# A person who is in order, or not known, is counted and not listed.
RECONCILED = """
select account, source, category, count(*) as people
from {marts}.idp_reconciliation
group by account, source, category
order by account, source, category
"""

DIFFERENCES = """
select found.account, found.identity_key, found.source, found.category, found.idp_user_id,
    coalesce(person.display_name, found.display_name) as name, coalesce(found.login, person.email) as login,
    found.idp_status, person.scim_status, person.crm_status, found.match_method as idp_match_method
from {marts}.idp_reconciliation as found
left join {marts}.identities as person
    on person.account = found.account and person.identity_key = found.identity_key
where found.category not in ('in_order', 'not_known')
order by found.category, lower(coalesce(person.display_name, found.display_name)), found.account,
    found.source, found.reconciliation_key
"""

LEAVES = """
select gone.account, gone.identity_key, person.display_name as name, gone.source, gone.left_after,
    gone.left_by, gone.left_evidence, gone.push_at, gone.push_result, gone.access_seen_at,
    gone.no_access_seen_at, gone.lag_at_least_hours, gone.lag_at_most_hours, gone.sla
from {marts}.deprovisioning as gone
join {marts}.identities as person
    on person.account = gone.account and person.identity_key = gone.identity_key
order by
    case gone.sla
        when 'missed' then 1 when 'open' then 2 when 'not_known' then 3 when 'met' then 4 else 5
    end,
    gone.left_by desc, gone.account, gone.source, gone.leave_key
"""

# The latest five events of each kind from a provider: there may be a sign-in every day.
TIMELINE = """
select account, identity_key, happened_at, happened_after, origin, event_type, old_value, new_value
from (
    select *, row_number() over (
        partition by account, identity_key, origin, event_type order by happened_at desc, event_key
    ) as age
    from {marts}.identity_timeline
) as events
where origin in ('freshsales', 'review') or age <= 5
order by account, identity_key, happened_at desc, event_key
"""

CAMPAIGNS = """
select account, campaign, scope, opened_at, due_at, closed_at, people_in_scope, people_decided,
    grants_in_scope, grants_decided, to_revoke, kept, pending, carried_out, overdue, undone, not_known,
    self_decisions_refused, population_matches, is_complete
from {marts}.review_campaigns
order by opened_at desc, account, campaign
"""

# What somebody must act on comes first.
OUTCOMES = """
select made.account, made.campaign, made.identity_key, person.display_name as name, made.grant_key,
    made.resource_type, made.resource_name, made.decision, made.decided_by, made.decided_at, made.due_at,
    made.outcome, made.carried_out_by, made.undone_by, made.days_open
from {marts}.review_outcomes as made
left join {marts}.identities as person
    on person.account = made.account and person.identity_key = made.identity_key
order by
    case made.outcome
        when 'undone' then 1 when 'overdue' then 2 when 'pending' then 3 when 'not_known' then 4 else 5
    end,
    made.decided_at, made.account, made.campaign, made.identity_key, coalesce(made.grant_key, '')
"""

PANELS = {
    "evidence": EVIDENCE,
    "reads": READS,
    "counts": COUNTS,
    "flag_counts": FLAG_COUNTS,
    "daily": DAILY,
    "by_department": BY_DEPARTMENT,
    "by_role": BY_ROLE,
    "people": PEOPLE,
    "entitlements": ENTITLEMENTS,
    "rests_on": RESTS_ON,
    "events": EVENTS,
    "sources": SOURCES,
    "reconciled": RECONCILED,
    "differences": DIFFERENCES,
    "leaves": LEAVES,
    "timeline": TIMELINE,
    "campaigns": CAMPAIGNS,
    "outcomes": OUTCOMES,
}

# `--without-names` leaves out these columns of any panel, and the values of events of these types. A note may
# name anybody.
NAMING_COLUMNS = frozenset({"name", "email", "login", "user_name", "manager", "note"})
# A column with this ending replaces the one without it. It is not shown otherwise.
WITHOUT_NAMES = "_without_names"
NAMING_EVENTS = frozenset({"renamed", "email_changed", "manager_changed", "repaired"})
