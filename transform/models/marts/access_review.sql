{{ config(schema=var('freshsales_marts_schema')) }}

{%- set percent = (var('freshsales_outlier_share') * 100) | round(1) | string | replace('.0', '') %}
{#- Heaviest first, as the reasons are read. #}
{%- set flags = [
    ('is_orphaned_owner', 50, 'gone or inactive in SSO, still an owner in the CRM'),
    ('is_unmanaged', 40, 'signs in to the CRM past SSO'),
    ('is_admin', 20, 'is an administrator'),
    ('manager_is_gone', 15, 'the manager is gone or inactive'),
    ('has_outlier_entitlement', 15, 'holds what less than ' ~ percent ~ ' % of the department hold'),
    ('shares_email', 15, 'shares an email address with somebody else'),
    ('match_is_ambiguous', 10, 'more than one person may be behind it'),
    ('has_no_manager', 5, 'has no manager'),
    ('has_no_group', 5, 'is in no group'),
] %}

with identities as (

    select
        identities.*,
        accounts.memberships_are_read,
        accounts.scim_is_read,
        coalesce(identities.crm_status in ('active', 'inactive'), false) as is_owner,
        coalesce(identities.scim_status in ('active', 'inactive'), false) as is_user
    from (select * from {{ ref('identities') }}) as identities
    left join (select * from {{ ref('int_freshsales__accounts') }}) as accounts on identities.account = accounts.account

),

entitlements as (

    select * from {{ ref('identity_entitlements') }}

),

held as (

    select
        account,
        identity_key,
        max(case when resource_type = 'scim_group' then 1 else 0 end) as groups_held,
        max(
            case
                when resource_type in ('crm_role', 'scim_role') and (
                    {%- for word in var('freshsales_admin_words') %}
                    lower(resource_name) like '%{{ word | lower }}%' {{ 'or' if not loop.last }}
                    {%- endfor %}
                ) then 1
                else 0
            end
        ) as admin_roles_held
    from entitlements
    group by account, identity_key

),

departments as (

    select account, department, count(*) as people
    from identities
    where is_user and department is not null
    group by account, department

),

department_holdings as (

    select distinct
        identities.account,
        identities.department,
        identities.identity_key,
        entitlements.resource_type,
        entitlements.resource_id
    from identities
    inner join entitlements
        on {{ freshsales_identity.freshsales_same('identities', 'entitlements', ['account', 'identity_key']) }}
    where identities.is_user and identities.department is not null

),

rare as (

    select holdings.account, holdings.department, holdings.resource_type, holdings.resource_id
    from department_holdings as holdings
    inner join departments
        on holdings.account = departments.account and holdings.department = departments.department
    group by
        holdings.account, holdings.department, holdings.resource_type, holdings.resource_id, departments.people
    having count(*) < {{ var('freshsales_outlier_share') }} * departments.people

),

outliers as (

    select distinct holdings.account, holdings.identity_key
    from department_holdings as holdings
    inner join rare
        on {{ freshsales_identity.freshsales_same('holdings', 'rare', ['account', 'department', 'resource_type', 'resource_id']) }}

),

addresses as (

    select account, identity_key, email
    from identities
    where is_owner or is_user
    union distinct
    select identities.account, identities.identity_key, emails.email
    from identities
    inner join (select * from {{ ref('int_freshsales__scim_emails') }}) as emails
        on {{ freshsales_identity.freshsales_same('identities', 'emails', ['account', 'scim_user_id']) }}
    where identities.is_user
    union distinct
    select identities.account, identities.identity_key, owners.email
    from identities
    inner join (select * from {{ ref('int_freshsales__owners') }}) as owners
        on identities.account = owners.account and identities.crm_owner_id = owners.owner_id
    where identities.is_owner

),

sharers as (

    select distinct addresses.account, addresses.identity_key
    from addresses
    inner join (
        select account, email
        from addresses
        where email is not null
        group by account, email
        having count(*) > 1
    ) as shared
        on {{ freshsales_identity.freshsales_same('addresses', 'shared', ['account', 'email']) }}

),

flagged as (

    select
        identities.account,
        identities.identity_key,
        identities.display_name,
        identities.email,
        identities.department,
        identities.status,

        case
            when identities.crm_is_known and identities.scim_is_known
                then identities.is_owner and coalesce(identities.scim_status in ('inactive', 'removed'), false)
        end as is_orphaned_owner,

        case
            when identities.crm_is_known and identities.scim_is_known then identities.status = 'unmanaged'
        end as is_unmanaged,

        case
            when held.admin_roles_held = 1 then true
            when not identities.crm_is_known then null
            when identities.is_owner and identities.crm_role is null then null
            else false
        end as is_admin,

        sharers.account is not null as shares_email,

        case
            when identities.is_user
                then identities.manager_scim_user_id is null and identities.manager_name is null
            when identities.scim_status = 'removed' then false
        end as has_no_manager,

        case
            when identities.is_user then case
                when identities.manager_scim_user_id is null then false
                when managers.scim_status is null then case when identities.scim_is_read then true end
                else managers.scim_status <> 'active'
            end
            when identities.scim_status = 'removed' then false
        end as manager_is_gone,

        case
            when held.groups_held = 1 then false
            when identities.memberships_are_read and identities.is_user then true
            when identities.memberships_are_read and identities.scim_status = 'removed' then false
        end as has_no_group,

        case
            when identities.is_user and identities.department is not null then outliers.account is not null
            when identities.scim_status = 'removed' then false
        end as has_outlier_entitlement,

        identities.match_is_ambiguous
    from identities
    left join held
        on {{ freshsales_identity.freshsales_same('identities', 'held', ['account', 'identity_key']) }}
    left join sharers
        on {{ freshsales_identity.freshsales_same('identities', 'sharers', ['account', 'identity_key']) }}
    left join outliers
        on {{ freshsales_identity.freshsales_same('identities', 'outliers', ['account', 'identity_key']) }}
    left join (select * from {{ ref('int_freshsales__scim_users') }}) as managers
        on identities.account = managers.account and identities.manager_scim_user_id = managers.scim_user_id

),

scored as (

    select
        *,
        {% for flag, weight, words in flags -%}
        case when {{ flag }} then {{ weight }} else 0 end{{ ' + ' if not loop.last }}
        {% endfor %} as weight,
        concat(
            {% for flag, weight, words in flags -%}
            case when {{ flag }} then '; {{ words }}' else '' end{{ ',' if not loop.last }}
            {% endfor %}
        ) as words
    from flagged

)

select
    account,
    identity_key,
    display_name,
    email,
    department,
    status,
    {% for flag, weight, words in flags -%}
    {{ flag }},
    {% endfor %}
    case when weight > 100 then 100 else weight end as risk_score,
    nullif(substr(words, 3), '') as reasons
from scored
