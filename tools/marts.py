"""Marts of an invented company of any size, which tests and benchmarks fill without dbt.

The SQL runs on DuckDB and on PostgreSQL. The columns are those that `transform/models/marts/*.yml` describe,
and the flags are those of their macro.
"""
# ruff: noqa: S608  -- the values in the statements are constants of this module and of the tests

import re
from collections.abc import Iterator
from pathlib import Path

ACCOUNT = "acme.myfreshworks.com"
READS = tuple(f"2026110{day}T060000.000000Z-00000{day}" for day in range(1, 4))
LATEST = READS[-1]
STREAMS = (
    "owners",
    "profile",
    "roles",
    "scim_group_members",
    "scim_groups",
    "scim_users",
    "teams",
    "territories",
)

_DEFINED = (Path(__file__).parents[1] / "transform/macros/freshsales_review_flags.sql").read_text()
# Name, weight, whether it is based on providers, whether it calls for a decision, label, and meaning.
FLAGS = re.findall(r"^        \('(\w+)', (\d+), (\w+), (\w+), '([^']+)', '(.+)'\),$", _DEFINED, re.MULTILINE)

_TABLES = {
    "identities": """account varchar, identity_key varchar, crm_owner_id bigint, scim_user_id varchar,
        match_method varchar, match_confidence varchar, match_is_ambiguous boolean, display_name varchar,
        given_name varchar, family_name varchar, email varchar, user_name varchar, title varchar,
        department varchar, manager_scim_user_id varchar, manager_identity_key varchar, manager_name varchar,
        crm_role_id bigint, crm_role varchar, crm_territory varchar, crm_status varchar, scim_status varchar,
        status varchar, created_at timestamp, last_seen_sync_id varchar, removed_seen_at timestamp,
        crm_is_known boolean, scim_is_known boolean, memberships_are_known boolean,
        known_since_sync_id varchar, idp_source varchar,
        idp_user_id varchar, idp_match_method varchar, idp_match_confidence varchar,
        idp_match_is_ambiguous boolean, idp_status varchar, idp_left_at timestamp,
        idp_last_login_at timestamp, app_last_sign_in_at timestamp, is_assigned_in_idp boolean,
        idp_loaded_at timestamp,
        roster_status varchar, roster_left_on date""",
    "access_review": """account varchar, identity_key varchar, display_name varchar, email varchar,
        department varchar, status varchar, is_orphaned_owner boolean, is_unmanaged boolean, is_admin boolean,
        shares_email boolean, has_no_manager boolean, manager_is_gone boolean, has_no_group boolean,
        has_outlier_entitlement boolean, match_is_ambiguous boolean, risk_score integer, reasons varchar,
        needs_decision boolean, has_left_still_active boolean, deprovisioning_failed boolean,
        is_unknown_to_idp boolean, is_dormant boolean, last_decision varchar, last_decided_at timestamp,
        changed_since_decision boolean, records_owned bigint, contacts_owned bigint, deals_owned bigint,
        accounts_owned bigint, records_owned_unknown varchar""",
    "identity_entitlements": """account varchar, grant_key varchar, identity_key varchar,
        resource_type varchar, resource_id varchar, resource_name varchar, entitlement varchar,
        granted_via varchar, granted_via_id varchar, is_direct boolean""",
    "identity_changes": """account varchar, change_key varchar, identity_key varchar, event_type varchar,
        old_value varchar, new_value varchar, subject_id varchar, first_seen_at timestamp,
        after_sync_id varchar, seen_sync_id varchar, stream varchar""",
    "directory_daily": """account varchar, day date, status varchar, department varchar, crm_role varchar,
        head_count bigint""",
    "data_quality": """account varchar, stream varchar, sync_id varchar, is_latest_run boolean,
        has_receipt boolean, has_arrived boolean, is_complete boolean, incomplete_reason varchar,
        is_held_back boolean, rows_read_before bigint, rows_missing bigint,
        replication_method varchar, started_at timestamp, finished_at timestamp, last_complete_sync_id
        varchar, last_complete_at timestamp, hours_since_last_complete double precision, end_evidence
        varchar, consistency varchar, source_total bigint, rows_read bigint, rows_in_warehouse bigint,
        population_sha256 varchar, population_sha256_in_warehouse varchar, population_matches boolean,
        coercions bigint, coercion_failures bigint, replaced_characters bigint, dropped_elements bigint,
        oversized_cells bigint, duplicates_dropped bigint, members_of_either_kind bigint,
        api_requests bigint, tap_version varchar, rows_sent bigint, sent_population_sha256 varchar""",
    "idp_load_quality": """account varchar, source varchar, object varchar, is_loaded boolean, rows bigint,
        newest_loaded_at timestamp, hours_old numeric(28, 6), absence_counts boolean,
        absence_evidence varchar, held_back_load_id varchar,
        events_from timestamp, rows_left integer, service_accounts integer, matched_by_app_user_id integer,
        matched_by_external_id integer, matched_by_external_alias integer, matched_by_employee_number integer,
        matched_by_login integer, matched_by_primary_email integer, matched_by_any_email integer,
        matched_by_earlier_match integer, people_ambiguous integer""",
    "idp_reconciliation": """account varchar, reconciliation_key varchar, identity_key varchar,
        source varchar,
        idp_user_id varchar, match_method varchar, display_name varchar, login varchar, idp_status varchar,
        category varchar""",
    "deprovisioning": """account varchar, identity_key varchar, source varchar, leave_key varchar,
        left_after timestamp, left_by timestamp, left_evidence varchar, push_at timestamp,
        push_result varchar,
        access_seen_at timestamp, no_access_seen_at timestamp, lag_at_least_hours numeric(28, 6),
        lag_at_most_hours numeric(28, 6), sla varchar""",
    "review_campaigns": """account varchar, campaign varchar, scope varchar, opened_at timestamp,
        opened_by varchar, due_at timestamp, closed_at timestamp, closed_by varchar, sync_id varchar,
        population_sha256 varchar, population_matches boolean, people_in_scope bigint, people_decided bigint,
        people_undecided bigint, grants_in_scope bigint, grants_decided bigint, grants_undecided bigint,
        to_revoke bigint, kept bigint, pending bigint, carried_out bigint, overdue bigint, undone bigint,
        not_known bigint, self_decisions_refused bigint, is_complete boolean""",
    "review_outcomes": """account varchar, campaign varchar, identity_key varchar, grant_key varchar,
        resource_type varchar, resource_name varchar, decision varchar, decided_by varchar,
        decided_at timestamp, note varchar, decided_on_sync_id varchar, due_at timestamp, outcome varchar,
        carried_out_after_sync_id varchar, carried_out_sync_id varchar, carried_out_after timestamp,
        carried_out_by timestamp, undone_after_sync_id varchar, undone_sync_id varchar,
        undone_after timestamp, undone_by timestamp, days_open integer""",
    "review_flags": """place integer, flag varchar, weight integer, label varchar, meaning varchar,
        rests_on_providers boolean, calls_for_decision boolean""",
    "identity_timeline": """account varchar, event_key varchar, identity_key varchar, happened_at timestamp,
        happened_after timestamp, origin varchar, event_type varchar, old_value varchar, new_value varchar""",
}

# The columns that are filled without an IdP; an IdP fills the others.
_IDENTITY_COLUMNS, _REVIEW_COLUMNS = (
    ", ".join(column.split()[0] for column in _TABLES[table].split(",")[:count])
    for table, count in (("identities", 26), ("access_review", 18))
)

# Each number is a person. One in ten needs a decision, one in seven has left SCIM.
_IDENTITIES = (
    f"insert into {{schema}}.identities ({_IDENTITY_COLUMNS})"
    """
select '{account}', 'person-' || md5('k' || i), case when i % 7 <> 3 then 70000000000000000 + i end,
    case when i % 11 <> 5 then md5('s' || i) end,
    case when i % 11 <> 5 and i % 7 <> 3 then 'primary_email' end,
    case when i % 11 <> 5 and i % 7 <> 3 then 'high' end, i % 97 = 0,
    'Person ' || i || ' Ünal', 'Person ' || i, 'Ünal', 'person.' || i || '@acme.example',
    case when i % 11 <> 5 then 'Person.' || i || '@acme.example' end, 'Title ' || i % 30,
    case when i % 23 <> 0 then 'Department ' || i % 17 end, null,
    case when i > 10 then 'person-' || md5('k' || cast((i - i % 10) / 10 as integer)) end,
    case when i > 10 then 'Person ' || cast((i - i % 10) / 10 as integer) || ' Ünal' end,
    i % 9, 'Role ' || i % 9, null,
    case when i % 7 <> 3 then 'active' end, case when i % 11 <> 5 then 'active' end,
    case when i % 11 = 5 then 'unmanaged' when i % 7 = 3 then 'not_an_owner' when i % 13 = 0 then 'removed'
        when i % 10 = 7 then 'deactivated' else 'active' end,
    timestamp '2026-01-01 00:00:00', '{latest}', null
from generate_series(1, {people}) as people(i)
"""
)
_ACCESS_REVIEW = (
    f"insert into {{schema}}.access_review ({_REVIEW_COLUMNS})"
    """
select account, identity_key, display_name, email, department, status,
    status in ('removed', 'deactivated'), status = 'unmanaged', crm_role = 'Role 0', false,
    manager_identity_key is null, false, null, false, match_is_ambiguous,
    case status when 'unmanaged' then 60 when 'removed' then 80 when 'deactivated' then 70 else 0 end
        + case when crm_role = 'Role 0' then 15 else 0 end
        + case when manager_identity_key is null then 5 else 0 end,
    case status when 'unmanaged' then 'bypasses SSO' when 'removed' then 'gone, still an owner; in no group'
        when 'deactivated' then 'inactive in SCIM, still an owner' end,
    status in ('removed', 'deactivated', 'unmanaged') or crm_role = 'Role 0' or match_is_ambiguous
from (select * from {schema}.identities where account = '{account}') as own
"""
)
_ENTITLEMENTS = """
insert into {schema}.identity_entitlements
select account, md5(identity_key || g), identity_key,
    case g when 0 then 'crm_role' when 1 then 'scim_role' else 'scim_group' end,
    'r' || g, case when g < 2 then crm_role else 'Group ' || (crm_role_id * 22 + g * 40) % 200 end,
    case when g < 2 then 'assigned' else 'member' end,
    case when g = 3 then 'Group within' else 'direct' end, null, g <> 3
from (select * from {schema}.identities where account = '{account}') as own
cross join generate_series(0, 3) as grants(g)
where crm_role is not null
"""
_CHANGES = """
insert into {schema}.identity_changes
select account, md5(identity_key || n), identity_key,
    case n when 1 then 'role_changed' when 2 then 'renamed' else 'group_joined' end,
    case n when 1 then 'Role 1' when 2 then 'Old ' || display_name end,
    case n when 1 then crm_role when 2 then display_name else 'Group 1' end, null,
    timestamp '2026-11-02 06:00:00' + n % 2 * interval '1 day',
    case when n % 2 = 0 then '{first}' else '{second}' end,
    case when n % 2 = 0 then '{second}' else '{latest}' end, 'scim_users'
from (select * from {schema}.identities where account = '{account}') as own
cross join generate_series(1, 3) as changes(n)
where risk_score_seed = n
"""
_DAILY = """
insert into {schema}.directory_daily
select account, date '2026-11-01' + cast(d as integer), status, coalesce(department, '(none)'), crm_role,
    count(*) + d
from (select * from {schema}.identities where account = '{account}') as own
cross join generate_series(0, 2) as days(d)
group by account, d, status, department, crm_role
"""


# Okta knows nearly all of them. One in seven has left there, and half of the pushes failed.
_PROVIDERS = (
    """
update {schema}.identities set
    idp_source = 'okta', idp_user_id = '00u' || substr(identity_key, 8, 16), idp_match_method = 'app_user_id',
    idp_match_confidence = 'high', idp_match_is_ambiguous = false,
    idp_status = case when crm_owner_id is null then 'disabled' else 'active' end,
    idp_left_at = case when crm_owner_id is null then timestamp '2026-10-31 12:00:00' end,
    app_last_sign_in_at = timestamp '2026-10-30 08:00:00', is_assigned_in_idp = crm_owner_id is not null,
    roster_status = 'active'
where scim_user_id is not null and crm_role_id <> 5
""",
    """
update {schema}.access_review set
    has_left_still_active = coalesce(person.idp_status = 'disabled', false),
    deprovisioning_failed = case when person.idp_user_id is not null
        then person.idp_status = 'disabled' and person.crm_role_id < 4 end,
    is_unknown_to_idp = person.idp_user_id is null,
    needs_decision = access_review.needs_decision or person.idp_status = 'disabled'
        or person.idp_user_id is null
from (select * from {schema}.identities where account = '{account}') as person
where person.account = access_review.account and person.identity_key = access_review.identity_key
""",
    """
insert into {schema}.idp_reconciliation
select account, md5('r' || identity_key), identity_key, 'okta', idp_user_id, idp_match_method,
    case when idp_user_id is not null then display_name end, case when idp_user_id is not null then email end,
    idp_status, case when idp_status = 'disabled' then 'left_still_in' when idp_user_id is null
        then 'here_unknown_there' else 'in_order' end
from (select * from {schema}.identities where account = '{account}') as own
union all
select '{account}', md5('r0'), null, 'okta', 'missing.one@acme.example', null, 'Missing Ünal',
    'missing.one@acme.example', 'active', 'assigned_missing_here'
""",
    """
insert into {schema}.deprovisioning
select person.account, person.identity_key, 'okta', md5('l' || person.identity_key), person.idp_left_at,
    person.idp_left_at, 'event', person.idp_left_at,
    case when review.deprovisioning_failed then 'FAILURE' else 'SUCCESS' end, timestamp '2026-11-03 05:59:00',
    case when not review.deprovisioning_failed then timestamp '2026-11-03 06:00:00' end, 65.983333,
    case when not review.deprovisioning_failed then 66.0 end, 'missed'
from (select * from {schema}.identities where account = '{account}') as person
join {schema}.access_review as review
    on review.account = person.account and review.identity_key = person.identity_key
where person.idp_left_at is not null
""",
    """
insert into {schema}.identity_timeline
select account, change_key, identity_key, first_seen_at, first_seen_at - interval '1 day', 'freshsales',
    event_type, old_value, new_value
from {schema}.identity_changes where account = '{account}'
union all
select account, md5('t' || identity_key || n), identity_key,
    timestamp '2026-10-20 08:00:00' + n * interval '1 day',
    timestamp '2026-10-20 08:00:00' + n * interval '1 day', 'okta', 'user.authentication.sso', null,
    'FAILURE: no such user ' || email
from (select * from {schema}.identities where account = '{account}') as own
cross join generate_series(1, 7) as days(n)
where idp_user_id is not null
""",
    """
insert into {schema}.idp_load_quality
select '{account}', 'okta', object, true, 100, timestamp '2026-11-03 05:00:00', 1.5, object <> 'events',
    case when object <> 'events' then 'receipt' end, null, timestamp '2026-08-05 05:00:00',
    case when object = 'users' then 12 end, case when object = 'users' then 1 end,
    case when object = 'users' then 90 end, 0, 0, 0, 0, 0, 0, 0, case when object = 'users' then 2 end
from (values ('users'), ('app_assignments'), ('events')) as objects(object)
""",
)

# A campaign about whoever is deactivated: each outcome, in turn; and whoever is "unchanged" since.
_REVIEWED = (
    """
insert into {schema}.review_outcomes
select account, '2026-Q4', identity_key, case when place % 3 = 0 then md5(identity_key || 0) end,
    case when place % 3 = 0 then 'crm_role' end, case when place % 3 = 0 then crm_role end,
    case when place % 6 = 0 then 'keep' else 'revoke' end, 'head@audit.example',
    timestamp '2026-11-01 12:00:00', 'seen with Ünal', '{first}', timestamp '2026-11-02 12:00:00',
    case place % 6 when 0 then 'kept' when 1 then 'carried_out' when 2 then 'overdue' when 3 then 'undone'
        when 4 then 'pending' else 'not_known' end,
    '{first}', '{second}', timestamp '2026-11-01 06:00:00', timestamp '2026-11-02 06:00:00',
    '{second}', '{latest}', timestamp '2026-11-02 06:00:00',
    case when place % 6 = 3 then timestamp '2026-11-03 06:00:00' end,
    case when place % 6 in (2, 3) then 2 end
from (
    select *, row_number() over (order by identity_key) - 1 as place
    from {schema}.identities where account = '{account}' and status = 'deactivated'
) as own
""",
    """
update {schema}.access_review set last_decision = made.decision, last_decided_at = made.decided_at,
    changed_since_decision = made.outcome <> 'pending'
from {schema}.review_outcomes as made
where made.grant_key is null and made.account = access_review.account
    and made.identity_key = access_review.identity_key
""",
    """
insert into {schema}.review_campaigns
select account, campaign, 'all', timestamp '2026-11-01 10:00:00', 'somebody', timestamp '2026-11-02 12:00:00',
    null, null, '{first}', md5('p'), true, 100, count(distinct identity_key),
    100 - count(distinct identity_key), 400, count(grant_key), 400 - count(grant_key),
    count(case when decision <> 'keep' then 1 end), count(case when outcome = 'kept' then 1 end),
    count(case when outcome = 'pending' then 1 end), count(case when outcome = 'carried_out' then 1 end),
    count(case when outcome = 'overdue' then 1 end), count(case when outcome = 'undone' then 1 end),
    count(case when outcome = 'not_known' then 1 end), 1, false
from {schema}.review_outcomes group by account, campaign
""",
    """
insert into {schema}.identity_timeline
select account, md5('d' || identity_key || coalesce(grant_key, '')), identity_key, decided_at, decided_at,
    'review', decision || '_decided', resource_name, 'by ' || decided_by || ', ' || campaign
from {schema}.review_outcomes where account = '{account}'
""",
)


def create(schema: str = "freshsales_identity") -> Iterator[str]:
    yield f"create schema {schema}"
    for table, columns in _TABLES.items():
        yield f"create table {schema}.{table} ({columns})"
    for place, (flag, weight, rests_on_providers, calls, label, meaning) in enumerate(FLAGS, start=1):
        words = meaning.replace("'", "''")
        yield (
            f"insert into {schema}.review_flags "
            f"values ({place}, '{flag}', {weight}, '{label}', '{words}', {rests_on_providers}, {calls})"
        )
    told = (
        f"select account, identity_key, '{flag}' as flag, {flag} as is_raised, "
        f"case when {flag} then concat('{flag} (', display_name, '; ', email, ')') end as reason, "
        f"case when {flag} then concat('{flag} (', identity_key, '; read)') end as reason_without_names "
        f"from {schema}.access_review where {flag} or {flag} is null"
        for flag, *_ in FLAGS
    )
    yield f"create view {schema}.identity_flags as {' union all '.join(told)}"


def company(people: int, schema: str = "freshsales_identity", account: str = ACCOUNT) -> Iterator[str]:
    """`people` identities with four entitlements each, and three complete reads with changes in between."""
    first, second, latest = READS
    changes = _CHANGES.replace("risk_score_seed", "crm_role_id % 5")
    for statement in (_IDENTITIES, _ACCESS_REVIEW, _ENTITLEMENTS, changes, _DAILY):
        yield statement.format(
            schema=schema, account=account, people=people, first=first, second=second, latest=latest
        )
    for sync_id in READS:
        for stream in STREAMS:
            yield quality(stream, sync_id=sync_id, rows=people, schema=schema, account=account)


def providers(schema: str = "freshsales_identity", account: str = ACCOUNT) -> Iterator[str]:
    """What Okta says about the company, which must be there already."""
    for statement in _PROVIDERS:
        yield statement.format(schema=schema, account=account)


def reviewed(schema: str = "freshsales_identity", account: str = ACCOUNT) -> Iterator[str]:
    """A campaign about the company, which must be there already."""
    first, second, latest = READS
    for statement in _REVIEWED:
        yield statement.format(schema=schema, account=account, first=first, second=second, latest=latest)


def history(schema: str = "freshsales_identity") -> Iterator[str]:
    """The history that decisions are checked against: who was there at the latest read, with what grants."""
    yield "create schema freshsales_history"
    yield f"""
        create table freshsales_history.int_freshsales__identity_history as
        select account, identity_key, 1 as revision, 'state' as observation, '{LATEST}' as sync_id,
            cast(crm_owner_id as varchar) as crm_source_id, scim_user_id as scim_source_id, crm_status,
            scim_status
        from {schema}.identities
        """
    yield f"""
        create table freshsales_history.int_freshsales__grant_history as
        select account, identity_key, grant_key, resource_type, resource_id, resource_name,
            '{LATEST}' as sync_id, 'held' as observation
        from {schema}.identity_entitlements
        """


def quality(
    stream: str,
    *,
    sync_id: str = LATEST,
    rows: int = 1,
    read: int | None = None,
    reason: str | None = None,
    rows_in_warehouse: int | None = None,
    missing: int = 0,
    schema: str = "freshsales_identity",
    account: str = ACCOUNT,
    was_whole: bool = True,
) -> str:
    """One row of data_quality.

    A `reason` makes the read incomplete, another `rows_in_warehouse` makes it differ, and `missing` rows hold
    it back. `read` may be more than the `rows` that were sent. With `was_whole`, an earlier read was whole.
    """
    held = rows if rows_in_warehouse is None else rows_in_warehouse
    read = rows if read is None else read
    day = f"2026-11-0{sync_id[7]}"
    reason_sql = "null" if reason is None else "'" + reason.replace("'", "''") + "'"
    last_id, last_day = (sync_id, day) if reason is None else (READS[0], "2026-11-01")
    last = f"'{last_id}', timestamp '{last_day} 06:00:00', 1.5" if was_whole else "null, null, null"
    return f"""
        insert into {schema}.data_quality values ('{account}', '{stream}', '{sync_id}',
            {sync_id == LATEST}, true, {held == rows}, {reason is None}, {reason_sql},
            {missing > 0}, {rows + missing}, {missing}, 'FULL_TABLE',
            timestamp '{day} 05:59:00', timestamp '{day} 06:00:00', {last},
            'total_reached', 'overlapping_pages', {rows}, {read}, {held},
            md5('{stream}') || md5('{sync_id}'), null, {held == rows if sync_id == LATEST else "null"},
            0, 0, 0, 0, 0, 0, null, 3, '0.1.0', {rows}, null)
        """
