{{ config(schema=var('freshsales_staging_schema')) }}

-- What the providers say about each identity: one IdP and one roster side by side. If there are several IdPs, the first
-- in the variable that knows the person counts.
with sources as (

    select * from {{ ref('int_idp__sources') }}

),

matches as (

    select * from {{ ref('int_idp__matches') }} where side = 'here'

),

users as (

    select * from {{ ref('int_idp__users') }}

),

known as (

    select
        matches.account,
        matches.identity_key,
        matches.source,
        sources.kind,
        sources.assignments_are_whole,
        matches.idp_user_id,
        matches.match_method,
        matches.match_confidence,
        matches.is_ambiguous,
        users.idp_status,
        users.has_left,
        users.left_at,
        users.left_on,
        users.last_login_at,
        users.app_last_sign_in_at,
        users.is_assigned,
        users.loaded_at,
        row_number() over (
            partition by matches.account, matches.identity_key, sources.kind
            order by
                case when matches.idp_user_id is not null then 0 when matches.is_ambiguous then 1 else 2 end,
                sources.place
        ) as place
    from matches
    inner join sources on matches.account = sources.account and matches.source = sources.source
    left join users on {{ freshsales_identity.freshsales_same('matches', 'users', ['account', 'source', 'idp_user_id']) }}

),

idp as (

    select * from known where kind = 'idp' and place = 1

),

roster as (

    select * from known where kind = 'roster' and place = 1

)

select
    people.account,
    people.identity_key,
    case when idp.idp_user_id is not null or idp.is_ambiguous then idp.source end as idp_source,
    idp.idp_user_id,
    idp.match_method as idp_match_method,
    idp.match_confidence as idp_match_confidence,
    idp.is_ambiguous as idp_match_is_ambiguous,
    idp.idp_status,
    idp.left_at as idp_left_at,
    idp.last_login_at as idp_last_login_at,
    idp.app_last_sign_in_at,
    case
        when idp.is_assigned then true
        when idp.idp_user_id is not null and idp.assignments_are_whole then false
    end as is_assigned_in_idp,
    idp.loaded_at as idp_loaded_at,
    roster.idp_status as roster_status,
    roster.left_on as roster_left_on
from (select * from {{ ref('int_idp__people') }}) as people
left join idp on people.account = idp.account and people.identity_key = idp.identity_key
left join roster on people.account = roster.account and people.identity_key = roster.identity_key
