{{ config(schema=var('freshsales_staging_schema')) }}

with accounts as (

    select * from {{ ref('int_freshsales__accounts') }}

),

{{ freshsales_identity.freshsales_versions('crm', ref('int_freshsales__owner_history'), 'owner_id') }},

{{ freshsales_identity.freshsales_versions('scim', ref('int_freshsales__scim_user_history'), 'scim_user_id') }},

-- The first complete read of a side is news of all: from then on, who is not on that side is known to be absent.
first_reads as (

    select accounts.account, reads.sync_id, max(reads.finished_at) as seen_at
    from accounts
    inner join {{ ref('base_freshsales__complete_reads') }} as reads
        on
            accounts.account = reads.account
            and reads.sync_id in (accounts.first_crm_sync_id, accounts.first_scim_sync_id)
            and reads.stream in ('owners', 'scim_users')
    group by accounts.account, reads.sync_id

),

known_since as (

    select account, identity_key, min(sync_id) as sync_id
    from (
        select account, identity_key, sync_id from crm_versions
        union all
        select account, identity_key, sync_id from scim_versions
    ) as versions
    group by account, identity_key

),

points as (

    select
        account,
        identity_key,
        sync_id,
        max(seen_at) as seen_at,
        max(crm_sync_id) as crm_sync_id,
        max(scim_sync_id) as scim_sync_id
    from (
        select account, identity_key, sync_id, seen_at, sync_id as crm_sync_id, null as scim_sync_id
        from crm_versions
        union all
        select account, identity_key, sync_id, seen_at, null, sync_id
        from scim_versions
        union all
        select known_since.account, known_since.identity_key, first_reads.sync_id, first_reads.seen_at, null, null
        from known_since
        inner join first_reads on known_since.account = first_reads.account
        where first_reads.sync_id > known_since.sync_id
    ) as all_points
    group by account, identity_key, sync_id

),

filled as (

    select
        account,
        identity_key,
        sync_id,
        seen_at,
        max(crm_sync_id) over (
            partition by account, identity_key
            order by sync_id
            rows between unbounded preceding and current row
        ) as crm_sync_id,
        max(scim_sync_id) over (
            partition by account, identity_key
            order by sync_id
            rows between unbounded preceding and current row
        ) as scim_sync_id
    from points

),

states as (

    select
        filled.account,
        filled.identity_key,
        filled.sync_id,
        filled.seen_at,

        case when scim.account is null then 'crm' else 'scim' end as side,
        crm.side_status as crm_status,
        scim.side_status as scim_status,
        coalesce(scim.side_status, crm.side_status) as side_status,

        case when scim.account is null then crm.display_name else scim.display_name end as display_name,
        case when scim.account is null then crm.email else scim.email end as email,
        scim.department,
        scim.manager,
        scim.role_names as scim_roles,
        crm.role_id,

        case when crm.sync_id = filled.sync_id then crm.after_sync_id end as crm_after_sync_id,
        case when scim.sync_id = filled.sync_id then scim.after_sync_id end as scim_after_sync_id
    from filled
    left join crm_versions as crm
        on {{ freshsales_identity.freshsales_same('filled', 'crm', ['account', 'identity_key']) }} and filled.crm_sync_id = crm.sync_id
    left join scim_versions as scim
        on {{ freshsales_identity.freshsales_same('filled', 'scim', ['account', 'identity_key']) }} and filled.scim_sync_id = scim.sync_id

)

select
    states.*,
    {{ freshsales_identity.freshsales_identity_status(
        'states.scim_status',
        'states.crm_status',
        'coalesce(states.sync_id >= accounts.first_scim_sync_id, false)',
        'coalesce(states.sync_id >= accounts.first_crm_sync_id, false)',
    ) }} as status
from states
left join accounts on states.account = accounts.account
