{{ config(schema=var('freshsales_marts_schema')) }}

{%- set flags = freshsales_identity.freshsales_review_flags() %}

-- By which side a person can get in. A person whom no side lets in raises no flag.
with identities as (

    select
        identities.*,
        accounts.last_scim_sync_id,
        {{ freshsales_identity.freshsales_lets_in('identities.crm_status') }} as can_use_crm,
        {{ freshsales_identity.freshsales_lets_in('identities.scim_status') }} as can_use_scim
    from (select * from {{ ref('identities') }}) as identities
    left join (select * from {{ ref('int_freshsales__accounts') }}) as accounts on identities.account = accounts.account

),

-- What a side grants is of no use if that side does not let the person in.
usable as (

    select
        entitlements.account,
        entitlements.identity_key,
        entitlements.resource_type,
        entitlements.resource_id,
        entitlements.resource_name
    from (select * from {{ ref('identity_entitlements') }}) as entitlements
    inner join identities
        on {{ freshsales_identity.freshsales_same('entitlements', 'identities', ['account', 'identity_key']) }}
    where {{ freshsales_identity.freshsales_is_usable('entitlements', 'identities') }}

),

held as (

    select
        account,
        identity_key,
        max(case when resource_type = 'scim_group' then 1 else 0 end) as groups_held,
        max(
            case
                when resource_type in ('crm_role', 'scim_role') and (
                    {{ freshsales_identity.freshsales_names_an_administrator('resource_name') }}
                    or {{ freshsales_identity.freshsales_names_an_administrator('resource_id') }}
                ) then 1
                else 0
            end
        ) as admin_roles_held
    from usable
    group by account, identity_key

),

-- Nobody can tell whether a role without a name is an administrator's.
nameless_roles as (

    select distinct account, cast(owner_id as {{ dbt.type_bigint() }}) as crm_owner_id
    from {{ ref('int_freshsales__owner_roles') }}
    where role_name is null

),

outliers as (

    select distinct account, identity_key from {{ ref('int_freshsales__outliers') }}

),

addresses as (

    select identities.account, identities.identity_key, emails.email
    from identities
    inner join (select * from {{ ref('int_freshsales__scim_emails') }}) as emails
        on {{ freshsales_identity.freshsales_same('identities', 'emails', ['account', 'scim_user_id']) }}
    where identities.can_use_scim
    union distinct
    select identities.account, identities.identity_key, owners.email
    from identities
    inner join (select * from {{ ref('int_freshsales__owners') }}) as owners
        on identities.account = owners.account and identities.crm_owner_id = owners.owner_id
    where identities.can_use_crm

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
        identities.crm_owner_id,

        case
            when not identities.crm_is_known or not identities.scim_is_known then null
            when coalesce(identities.scim_status in ('inactive', 'removed'), false) then case identities.crm_status
                when 'active' then true
                when 'unknown' then null
                else false
            end
            else false
        end as is_orphaned_owner,

        case
            when not identities.crm_is_known or not identities.scim_is_known then null
            when identities.scim_status is null then case identities.crm_status
                when 'active' then true
                when 'unknown' then null
                else false
            end
            else false
        end as is_unmanaged,

        case
            when held.admin_roles_held = 1 then true
            when not identities.crm_is_known then null
            when identities.can_use_crm and (identities.crm_role is null or nameless_roles.account is not null)
                then null
            else false
        end as is_admin,

        sharers.account is not null as shares_email,

        case
            when identities.can_use_scim
                then identities.manager_scim_user_id is null and identities.manager_name is null
            when identities.scim_status is not null then false
        end as has_no_manager,

        case
            when identities.can_use_scim then case
                when identities.manager_scim_user_id is not null
                    then case
                        -- A manager who came after the last complete read could not be in it.
                        when managers.scim_status is null
                            then case when identities.last_scim_sync_id >= users.sync_id then true end
                        when managers.scim_status <> 'unknown' then managers.scim_status <> 'active'
                    end
                -- Only a name or an address is known, which may be anybody's.
                when identities.manager_name is not null then null
                else false
            end
            when identities.scim_status is not null then false
        end as manager_is_gone,

        case
            when held.groups_held = 1 then false
            when not identities.memberships_are_known then null
            when identities.can_use_scim then true
            when identities.scim_status is not null then false
        end as has_no_group,

        case
            when identities.can_use_scim
                then case
                    when identities.department is null then null
                    when outliers.account is not null then true
                    -- If it is not known what a person holds, nobody can say that nothing of it is unusual.
                    when identities.crm_is_known and identities.memberships_are_known then false
                end
            when identities.scim_status is not null then false
        end as has_outlier_entitlement,

        (
            identities.match_is_ambiguous
            or (coalesce(identities.idp_match_is_ambiguous, false) and not coalesce(idp.is_service_account, false))
        )
        and (identities.can_use_crm or identities.can_use_scim) as match_is_ambiguous,

        idp.has_left_still_active,
        idp.deprovisioning_failed,
        idp.is_unknown_to_idp,
        idp.is_dormant
    from identities
    left join (select * from {{ ref('int_idp__flags') }}) as idp
        on {{ freshsales_identity.freshsales_same('identities', 'idp', ['account', 'identity_key']) }}
    left join held
        on {{ freshsales_identity.freshsales_same('identities', 'held', ['account', 'identity_key']) }}
    left join nameless_roles
        on {{ freshsales_identity.freshsales_same('identities', 'nameless_roles', ['account', 'crm_owner_id']) }}
    left join sharers
        on {{ freshsales_identity.freshsales_same('identities', 'sharers', ['account', 'identity_key']) }}
    left join outliers
        on {{ freshsales_identity.freshsales_same('identities', 'outliers', ['account', 'identity_key']) }}
    left join (select * from {{ ref('int_freshsales__scim_users') }}) as users
        on identities.account = users.account and identities.scim_user_id = users.scim_user_id
    left join (select * from {{ ref('int_freshsales__scim_users') }}) as managers
        on identities.account = managers.account and identities.manager_scim_user_id = managers.scim_user_id

),

scored as (

    select
        flagged.*,
        {% for flag in flags -%}
        case when flagged.{{ flag.name }} then {{ flag.weight }} else 0 end{{ ' + ' if not loop.last }}
        {% endfor %} as risk_score,
        {% for flag in flags if flag.calls_for_decision -%}
        coalesce(flagged.{{ flag.name }}, false){{ ' or ' if not loop.last }}
        {% endfor %} as needs_decision,
        concat(
            {% for flag in flags -%}
            {%- if flag.rests_on_providers %}
            case when flagged.{{ flag.name }} then concat('; ', coalesce(reasons.{{ flag.name }}, '{{ flag.meaning }}')) else '' end
            {%- else %}
            case when flagged.{{ flag.name }} then '; {{ flag.meaning }}' else '' end
            {%- endif %}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as words
    from flagged
    left join (select * from {{ ref('int_idp__reasons') }}) as reasons
        on {{ freshsales_identity.freshsales_same('flagged', 'reasons', ['account', 'identity_key']) }}

)

select
    scored.account,
    scored.identity_key,
    scored.display_name,
    scored.email,
    scored.department,
    scored.status,
    {% for flag in flags -%}
    scored.{{ flag.name }},
    {% endfor %}
    scored.risk_score,
    scored.needs_decision,
    nullif(substr(scored.words, 3), '') as reasons,
    decided.last_decision,
    decided.last_decided_at,
    decided.changed_since_decision,
    owned.records_owned,
    owned.contacts_owned,
    owned.deals_owned,
    owned.accounts_owned,
    owned.records_owned_unknown
from scored
left join (select * from {{ ref('int_freshsales__owned_records') }}) as owned
    on scored.account = owned.account and scored.crm_owner_id = owned.owner_id
left join (select * from {{ ref('int_freshsales__last_decisions') }}) as decided
    on {{ freshsales_identity.freshsales_same('scored', 'decided', ['account', 'identity_key']) }}
