{{ config(schema=var('freshsales_marts_schema')) }}

with sources as (

    select * from {{ ref('int_idp__sources') }}

),

accounts as (

    select * from {{ ref('int_freshsales__accounts') }}

),

scim_reads as (

    select reads.account, max(reads.started_at) as started_at
    from (select * from {{ ref('base_freshsales__reads') }}) as reads
    inner join (select * from {{ ref('base_freshsales__complete_reads') }}) as complete_reads
        on {{ freshsales_identity.freshsales_same('reads', 'complete_reads', ['account', 'stream', 'sync_id']) }}
    where reads.stream = 'scim_users'
    group by reads.account

),

matches as (

    select * from {{ ref('int_idp__matches') }}

),

users as (

    select * from {{ ref('int_idp__users') }}

),

people as (

    select
        identities.account,
        identities.identity_key,
        {{ freshsales_identity.freshsales_gets_in('identities') }} as gets_in,
        known.here_by,
        flags.is_service_account
    from (select * from {{ ref('identities') }}) as identities
    inner join (select * from {{ ref('int_idp__people') }}) as known
        on {{ freshsales_identity.freshsales_same('identities', 'known', ['account', 'identity_key']) }}
    inner join (select * from {{ ref('int_idp__flags') }}) as flags
        on {{ freshsales_identity.freshsales_same('identities', 'flags', ['account', 'identity_key']) }}

),

here as (

    select
        people.account,
        people.identity_key,
        sources.source,
        matches.idp_user_id,
        matches.match_method,
        coalesce(matches.is_ambiguous, false) as is_ambiguous,
        people.gets_in,
        people.here_by,
        people.is_service_account
    from people
    inner join sources on people.account = sources.account
    left join matches
        on
            matches.side = 'here'
            and people.account = matches.account
            and sources.source = matches.source
            and people.identity_key = matches.identity_key

),

there as (

    select
        users.account,
        cast(null as {{ dbt.type_string() }}) as identity_key,
        users.source,
        users.idp_user_id,
        cast(null as {{ dbt.type_string() }}) as match_method,
        coalesce(matches.is_ambiguous, false) as is_ambiguous,
        false as gets_in,
        cast(null as {{ dbt.type_timestamp() }}) as here_by,
        users.is_service_account
    from users
    left join matches
        on
            matches.side = 'idp'
            and {{ freshsales_identity.freshsales_same('users', 'matches', ['account', 'source', 'idp_user_id']) }}
    left join here on {{ freshsales_identity.freshsales_same('users', 'here', ['account', 'source', 'idp_user_id']) }}
    where here.account is null

),

both_sides as (

    select * from here
    union all
    select * from there

),

known as (

    select
        both_sides.account,
        both_sides.identity_key,
        both_sides.source,
        both_sides.idp_user_id,
        both_sides.match_method,
        both_sides.is_ambiguous,
        both_sides.gets_in,
        both_sides.identity_key is not null as is_here,
        both_sides.idp_user_id is not null as is_there,
        users.display_name,
        users.login,
        users.idp_status,
        users.has_left,
        coalesce(users.is_assigned, false) and not coalesce(users.has_left, false) as should_get_in,
        sources.kind,
        -- A person who came here after a whole list was loaded cannot be on that list.
        sources.users_are_whole and coalesce(both_sides.here_by < sources.users_whole_at, false)
            as absence_there_counts,
        sources.assignments_are_whole and coalesce(both_sides.here_by < sources.assignments_whole_at, false)
            as no_assignment_counts,
        -- An account that was assigned after the last whole read of this side could not be in it.
        coalesce(accounts.scim_is_read, false)
        and coalesce(users.assigned_at < scim_reads.started_at, true) as absence_here_counts
    from both_sides
    inner join sources on both_sides.account = sources.account and both_sides.source = sources.source
    left join users on {{ freshsales_identity.freshsales_same('both_sides', 'users', ['account', 'source', 'idp_user_id']) }}
    left join accounts on both_sides.account = accounts.account
    left join scim_reads on both_sides.account = scim_reads.account
    -- Service accounts do not join or leave. idp_load_quality counts them.
    where not both_sides.is_service_account and not coalesce(users.is_service_account, false)

)

select
    account,
    {{ dbt.hash("concat(source, '|', coalesce(identity_key, ''), '|', coalesce(idp_user_id, ''))") }} as reconciliation_key,
    identity_key,
    source,
    idp_user_id,
    match_method,
    display_name,
    login,
    idp_status,
    case
        when is_ambiguous then 'ambiguous'
        when is_here and gets_in is null then 'not_known'
        when gets_in and has_left then 'left_still_in'
        when is_there and not is_here and should_get_in and absence_here_counts then 'assigned_missing_here'
        when gets_in and not is_there and absence_there_counts then 'here_unknown_there'
        when gets_in and is_there and kind = 'idp' and no_assignment_counts and not should_get_in and has_left is not null
            then 'here_not_assigned'
        when is_here and not gets_in and should_get_in then 'inactive_here_assigned_there'
        when is_there and not is_here and should_get_in then 'not_known'
        when gets_in and not is_there then 'not_known'
        when gets_in and has_left is null then 'not_known'
        when gets_in and kind = 'idp' and not should_get_in then 'not_known'
        else 'in_order'
    end as category
from known
