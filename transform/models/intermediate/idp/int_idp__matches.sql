{{ config(schema=var('freshsales_staging_schema')) }}

-- The current matches: the latest row of the history, for the people who are still in the tables.
with latest as (

    select * from (
        select
            *,
            row_number() over (partition by account, source, side, source_id order by matched_at desc) as age
        from {{ ref('int_idp__match_history') }}
    ) as numbered
    where age = 1

),

people as (

    select account, identity_key from {{ ref('int_idp__people') }}

),

users as (

    select account, source, idp_user_id from {{ ref('stg_idp__users') }}

),

sources as (

    select account, source from {{ ref('int_idp__sources') }}

)

select
    latest.account,
    latest.source,
    latest.side,
    latest.identity_key,
    latest.idp_user_id,
    latest.match_method,
    case
        when latest.match_method in ('app_user_id', 'external_id') then 'high'
        when latest.match_method in ('external_alias', 'employee_number', 'login', 'primary_email') then 'medium'
        when latest.match_method in ('any_email', 'earlier_match') then 'low'
    end as match_confidence,
    latest.is_ambiguous
from latest
inner join sources on latest.account = sources.account and latest.source = sources.source
left join people
    on latest.side = 'here' and latest.account = people.account and latest.source_id = people.identity_key
left join users
    on
        latest.side = 'idp'
        and latest.account = users.account
        and latest.source = users.source
        and latest.source_id = users.idp_user_id
where people.account is not null or users.account is not null
