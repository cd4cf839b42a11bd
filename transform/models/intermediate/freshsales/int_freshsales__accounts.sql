{{ config(schema=var('freshsales_staging_schema')) }}

with accounts as (

    select account from {{ ref('base_freshsales__reads') }}
    union distinct
    select account from {{ ref('stg_freshsales__owners') }}
    union distinct
    select account from {{ ref('stg_freshsales__scim_users') }}

),

held_back as (

    select account, stream
    from (
        select
            compared.*,
            row_number() over (partition by account, stream order by sync_id desc) as age
        from (select * from {{ ref('int_freshsales__compared_reads') }}) as compared
    ) as latest
    where age = 1 and {{ freshsales_identity.freshsales_is_held_back('latest') }}

),

reads as (

    select account, stream, max(sync_id) as sync_id
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, stream

)

select
    accounts.account,
    owners.sync_id as last_crm_sync_id,
    users.sync_id as last_scim_sync_id,
    memberships.sync_id as last_membership_sync_id,
    owners.sync_id is not null as crm_is_read,
    users.sync_id is not null as scim_is_read,
    memberships.sync_id is not null and held_back.account is null as memberships_are_read
from accounts
left join held_back on accounts.account = held_back.account and held_back.stream = 'scim_group_members'
{% for alias, stream in {'owners': 'owners', 'users': 'scim_users', 'memberships': 'scim_group_members'}.items() -%}
left join reads as {{ alias }}
    on accounts.account = {{ alias }}.account and {{ alias }}.stream = '{{ stream }}'
{% endfor %}
