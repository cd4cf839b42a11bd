{{ config(schema=var('freshsales_staging_schema')) }}

-- What the flags that rest on providers mean for one person, in words: which source says it, since when, and on what
-- evidence. There is a text for everybody of whom it would be true. The review shows it only if the flag is raised.
with sources as (

    select * from {{ ref('int_idp__sources') }}

),

people as (

    select
        identities.account,
        identities.identity_key,
        case
            when identities.scim_status = 'active' and identities.crm_status = 'active' then 'still active in SCIM and in the CRM'
            when identities.scim_status = 'active' then 'still active in SCIM'
            else 'still active in the CRM'
        end as where_active,
        identities.app_last_sign_in_at
    from (select * from {{ ref('identities') }}) as identities

),

known as (

    select
        people.account,
        people.identity_key,
        people.where_active,
        sources.source,
        sources.kind,
        sources.place,
        sources.newest_loaded_at,
        sources.users_evidence,
        sources.users_whole_at,
        sources.events_whole_from,
        matches.idp_user_id,
        users.has_left,
        users.left_on,
        users.last_push_failed,
        users.last_push_at,
        users.has_sync_error,
        users.app_last_sign_in_at
    from {{ freshsales_identity.freshsales_idp_at_each_source() }}

),

leaves as (

    select * from (
        select
            *,
            row_number() over (
                partition by account, identity_key, source
                order by left_by desc, leave_key
            ) as age
        from {{ ref('deprovisioning') }}
    ) as numbered
    where age = 1

),

told as (

    select
        known.account,
        known.identity_key,
        known.place,
        known.where_active,
        case
            when known.has_left then concat(
                'left at ',
                known.source,
                case
                    when leaves.left_evidence = 'roster' then concat(' on ', cast(known.left_on as {{ dbt.type_string() }}))
                    when leaves.left_after = leaves.left_by
                        then concat(' on ', cast(cast(leaves.left_by as date) as {{ dbt.type_string() }}))
                    when leaves.left_after is not null
                        then concat(
                            ' between ', cast(cast(leaves.left_after as date) as {{ dbt.type_string() }}),
                            ' and ', cast(cast(leaves.left_by as date) as {{ dbt.type_string() }})
                        )
                    when leaves.left_by is not null
                        then concat(' by ', cast(cast(leaves.left_by as date) as {{ dbt.type_string() }}))
                end,
                case when leaves.left_evidence is not null then concat(' (', replace(leaves.left_evidence, '_', ' '), ')') end
            )
        end as has_left,
        case
            when known.kind <> 'idp' then null
            when known.last_push_failed
                then concat(
                    known.source, ' could not take the account away on ',
                    cast(cast(known.last_push_at as date) as {{ dbt.type_string() }}), ' (event)'
                )
            when known.has_sync_error
                then concat(
                    known.source, ' could not change the account, as of ',
                    cast(cast(known.newest_loaded_at as date) as {{ dbt.type_string() }}), ' (sync state)'
                )
        end as failed,
        case
            when known.kind = 'idp' and known.idp_user_id is null
                then concat(
                    'unknown to ', known.source, ' as of ',
                    cast(cast(known.users_whole_at as date) as {{ dbt.type_string() }}),
                    ' (', replace(known.users_evidence, '_', ' '), ')'
                )
        end as is_unknown,
        case
            when known.kind <> 'idp' or known.idp_user_id is null then null
            when known.app_last_sign_in_at is not null
                then concat(
                    'has not signed in by ', known.source, ' since ',
                    cast(cast(known.app_last_sign_in_at as date) as {{ dbt.type_string() }}), ' (event)'
                )
            when known.events_whole_from is not null
                then concat(
                    'has not signed in by ', known.source, ' since ',
                    cast(cast(known.events_whole_from as date) as {{ dbt.type_string() }}), ' at least (whole log)'
                )
        end as is_dormant
    from known
    left join leaves
        on {{ freshsales_identity.freshsales_same('known', 'leaves', ['account', 'identity_key', 'source']) }}

)

select
    account,
    identity_key,
    case
        when count(has_left) > 0
            then concat({{ dbt.listagg('has_left', "', '", 'order by place') }}, ', ', max(where_active))
    end as has_left_still_active,
    {{ dbt.listagg('failed', "', '", 'order by place') }} as deprovisioning_failed,
    {{ dbt.listagg('is_unknown', "', '", 'order by place') }} as is_unknown_to_idp,
    {{ dbt.listagg('is_dormant', "', '", 'order by place') }} as is_dormant
from told
group by account, identity_key
