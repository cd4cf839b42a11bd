{{ config(schema=var('freshsales_staging_schema')) }}

with history as (

    select * from {{ ref('int_freshsales__identity_history') }} where observation <> 'read'

),

followed as (

    select
        *,
        lag(crm_status) over (partition by account, identity_key order by revision) as old_crm_status,
        lag(crm_source_id) over (partition by account, identity_key order by revision) as old_crm_source_id,
        lag(crm_roles) over (partition by account, identity_key order by revision) as old_crm_roles
    from history

),

-- Owners before and after the change, but not changes by a correction of a match.
changed as (

    select *
    from followed
    where
        crm_status <> 'removed'
        and old_crm_status <> 'removed'
        and crm_moved_from is null
        and crm_roles is distinct from old_crm_roles

),

lines as (

    select account, identity_key, revision, 1 as is_new, line
    from ({{ freshsales_identity.freshsales_lines('changed', ['account', 'identity_key', 'revision'], 'crm_roles') }}) as new_lines
    union all
    select account, identity_key, revision, 0, line
    from ({{ freshsales_identity.freshsales_lines('changed', ['account', 'identity_key', 'revision'], 'old_crm_roles') }}) as old_lines

),

named as (

    select
        account,
        identity_key,
        revision,
        is_new,
        {{ dbt.split_part('line', "'" ~ "\t" ~ "'", 1) }} as role_id,
        nullif({{ dbt.split_part('line', "'" ~ "\t" ~ "'", 2) }}, '') as role_name
    from lines
    where line <> ''

),

-- Roles that are held before and after are left out. A role in the place of another one is one event.
differing as (

    select
        account,
        identity_key,
        revision,
        role_id,
        max(is_new) as is_new,
        max(coalesce(role_name, role_id)) as role_name
    from named
    group by account, identity_key, revision, role_id
    having min(is_new) = max(is_new)

),

counted as (

    select
        *,
        sum(is_new) over (partition by account, identity_key, revision) as roles_new,
        count(*) over (partition by account, identity_key, revision) as roles_differing
    from differing

),

swaps as (

    select
        *,
        roles_new = 1 and roles_differing = 2 as is_swap
    from counted

),

events as (

    select
        account,
        identity_key,
        revision,
        max(case is_new when 0 then role_name end) as old_value,
        max(case is_new when 1 then role_name end) as new_value,
        coalesce(max(case is_new when 1 then role_id end), max(role_id)) as subject_id,
        case when is_swap then identity_key else concat(identity_key, '|', role_id) end as told_apart_by
    from swaps
    group by
        account, identity_key, revision, case when is_swap then identity_key else concat(identity_key, '|', role_id) end

)

select
    events.account,
    events.identity_key,
    'role_changed' as event_type,
    events.old_value,
    events.new_value,
    events.subject_id,
    changed.crm_seen_at as seen_at,
    changed.crm_after_sync_id as after_sync_id,
    changed.crm_sync_id as seen_sync_id,
    'owners' as stream,
    events.told_apart_by
from events
inner join changed
    on {{ freshsales_identity.freshsales_same('events', 'changed', ['account', 'identity_key', 'revision']) }}
