"""What each panel of the page shows: one plain query on the marts, the same on DuckDB and PostgreSQL.

`{marts}` stands for the schema of the marts, already quoted. Rows come in the order in which they are shown.
Ids are text: JavaScript has no exact integers beyond 2^53, and CRM ids go beyond.
"""
# ruff: noqa: S608  -- made of constants of this module alone

from dataclasses import dataclass

MARTS = (
    "access_review",
    "data_quality",
    "directory_daily",
    "identities",
    "identity_changes",
    "identity_entitlements",
)


@dataclass(frozen=True)
class Flag:
    column: str
    label: str
    meaning: str


# Heaviest first, as `reasons` has them.
FLAGS = (
    Flag("is_orphaned_owner", "Orphaned owner", "Gone or inactive in SCIM, still active in the CRM"),
    Flag("is_unmanaged", "Bypasses SSO", "Active in the CRM, with no SCIM user behind"),
    Flag("is_admin", "Administrator", "Holds an administrator's role, and can use it"),
    Flag("manager_is_gone", "Manager is gone", "The manager is gone from SCIM or inactive there"),
    Flag("has_outlier_entitlement", "Unusual entitlement", "Few of the same department hold it"),
    Flag("shares_email", "Shares an email", "One of the addresses is another person's too"),
    Flag("match_is_ambiguous", "Match to settle", "More than one pairing of CRM and SCIM is possible"),
    Flag("has_no_manager", "No manager", "SCIM names none"),
    Flag("has_no_group", "In no group", "Is a member of no SCIM group"),
)

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
    rows_read, rows_in_warehouse, population_sha256, population_matches, tap_version, is_held_back,
    rows_read_before, rows_missing
from {marts}.data_quality
where is_latest_run
order by account, stream
"""

# Reads between which changes can be looked at: those that tell who is gone of what identity_changes rests on.
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
    (select count(*) from {marts}.access_review where risk_score > 0) as needing_decision,
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

# A flag that is null for everybody is not known, and that is not 0.
FLAG_COUNTS = (
    "\nunion all\n".join(
        f"select {place} as place, '{flag.column}' as flag, "
        f"case when count({flag.column}) > 0 then count(case when {flag.column} then 1 end) end as people "
        "from {marts}.access_review"
        for place, flag in enumerate(FLAGS)
    )
    + "\norder by place"
)

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

PEOPLE = f"""
select review.account, review.identity_key, review.risk_score, review.display_name as name, review.email,
    person.user_name, review.status, review.reasons, review.department, person.manager_name as manager,
    person.manager_identity_key, person.title, person.crm_role,
    cast(person.crm_owner_id as varchar) as crm_owner_id, person.crm_status,
    person.scim_user_id, person.scim_status, person.match_method, person.match_confidence,
    {", ".join(f"review.{flag.column}" for flag in FLAGS)}
from {{marts}}.access_review as review
join {{marts}}.identities as person
    on person.account = review.account and person.identity_key = review.identity_key
order by review.risk_score desc, lower(review.display_name), review.account, review.identity_key
"""

ENTITLEMENTS = """
select account, identity_key, resource_type, resource_name, entitlement, granted_via
from {marts}.identity_entitlements
order by account, identity_key, resource_type, resource_name, is_direct desc, granted_via
"""

EVENTS = """
select change.account, change.identity_key, person.display_name as name, change.event_type, change.old_value,
    change.new_value, change.first_seen_at, change.seen_sync_id
from {marts}.identity_changes as change
join {marts}.identities as person
    on person.account = change.account and person.identity_key = change.identity_key
order by change.first_seen_at desc, change.account, lower(person.display_name), change.identity_key,
    change.event_type
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
    "events": EVENTS,
}

# What `--without-names` leaves out: columns of any panel, and the values of events of these types.
NAMING_COLUMNS = frozenset({"name", "email", "user_name", "manager"})
NAMING_EVENTS = frozenset({"renamed", "email_changed", "manager_changed", "repaired"})
