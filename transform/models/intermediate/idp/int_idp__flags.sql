{{ config(schema=var('freshsales_staging_schema')) }}

{%- set dormant_since = dbt.dateadd('day', -1 * var('freshsales_dormant_days'), freshsales_identity.freshsales_utc_now()) %}

-- What the providers say against somebody who still gets in here. A flag that is based on a row of a provider is true or
-- false. A flag that is based on a missing row is null, unless the list of the provider was read whole.
with people as (

    select
        identities.account,
        identities.identity_key,
        {{ freshsales_identity.freshsales_gets_in('identities') }} as gets_in,
        case when coalesce(identities.scim_status, '') <> 'unknown' then coalesce(identities.scim_status = 'active', false) end
            as is_active_user,
        people.created_at,
        people.here_by,
        people.is_service_account
    from (select * from {{ ref('identities') }}) as identities
    inner join (select * from {{ ref('int_idp__people') }}) as people
        on {{ freshsales_identity.freshsales_same('identities', 'people', ['account', 'identity_key']) }}

),

sources as (

    select * from {{ ref('int_idp__sources') }}

),

judged as (

    select
        people.account,
        people.identity_key,
        people.gets_in,
        people.is_active_user,
        sources.kind,
        matches.idp_user_id,
        coalesce(matches.is_ambiguous, false) as is_ambiguous,
        people.is_service_account or coalesce(users.is_service_account, false) as is_service_account,

        case
            when matches.idp_user_id is not null then users.has_left
            when not coalesce(matches.is_ambiguous, false) and sources.users_are_whole then false
        end as has_left,

        case
            when matches.idp_user_id is null then null
            when users.last_push_failed or users.has_sync_error then true
            when sources.events_are_loaded or users.has_assignment then false
        end as push_failed,

        case
            when matches.idp_user_id is not null then false
            when coalesce(matches.is_ambiguous, false) then null
            -- A person who came here after the whole list was loaded cannot be on that list.
            when sources.users_are_whole and people.here_by < sources.users_whole_at then true
        end as is_unknown,

        case
            when matches.idp_user_id is null then null
            when users.app_last_sign_in_at >= {{ dormant_since }} then false
            when coalesce(people.created_at, users.created_at) >= {{ dormant_since }} then false
            when
                sources.events_whole_from <= {{ dormant_since }}
                and coalesce(people.created_at, users.created_at) is not null
                then true
        end as is_dormant
    from {{ freshsales_identity.freshsales_idp_at_each_source() }}

),

-- All sources together: one source that says so is enough. For "no", all sources that know must say no.
counted as (

    select
        account,
        identity_key,
        gets_in,
        is_active_user,
        max(case when is_service_account then 1 else 0 end) as service_accounts,
        count(*) as sources,
        sum(case when has_left then 1 else 0 end) as left_in,
        sum(case when not has_left then 1 else 0 end) as not_left_in,
        sum(case when is_ambiguous then 1 else 0 end) as ambiguous_in,
        sum(case when kind = 'idp' then 1 else 0 end) as idps,
        sum(case when kind = 'idp' and push_failed then 1 else 0 end) as failed_in,
        sum(case when kind = 'idp' and not push_failed then 1 else 0 end) as not_failed_in,
        sum(case when kind = 'idp' and idp_user_id is not null then 1 else 0 end) as known_in,
        sum(case when kind = 'idp' and is_unknown then 1 else 0 end) as unknown_in,
        sum(case when kind = 'idp' and is_dormant then 1 else 0 end) as dormant_in,
        sum(case when kind = 'idp' and not is_dormant then 1 else 0 end) as not_dormant_in
    from judged
    group by account, identity_key, gets_in, is_active_user

)

select
    account,
    identity_key,
    service_accounts = 1 as is_service_account,
    case
        when service_accounts = 1 then null
        when not gets_in then false
        when gets_in is null then null
        when left_in > 0 then true
        when ambiguous_in = 0 and not_left_in > 0 then false
    end as has_left_still_active,
    case
        when service_accounts = 1 or idps = 0 then null
        when not gets_in then false
        when gets_in is null then null
        when failed_in > 0 then true
        when ambiguous_in = 0 and not_failed_in > 0 then false
    end as deprovisioning_failed,
    case
        when service_accounts = 1 or idps = 0 then null
        when not gets_in or known_in > 0 then false
        when gets_in and unknown_in = idps then true
    end as is_unknown_to_idp,
    case
        when service_accounts = 1 or idps = 0 then null
        when not is_active_user then false
        when is_active_user is null then null
        when not_dormant_in > 0 then false
        -- Every provider must say so, or not know the person: a sign-in may be in a log that is not loaded.
        when ambiguous_in = 0 and dormant_in > 0 and dormant_in + unknown_in = idps then true
    end as is_dormant
from counted
