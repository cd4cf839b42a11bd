{{ config(
    schema=var('freshsales_history_schema'),
    unique_key=['account', 'source', 'idp_user_id', 'first_loaded_at'],
    meta={'key': ['account', 'source', 'idp_user_id', 'first_loaded_at']},
) }}

-- One row for each user and time in which all loads said the same: has left, or has not. The next load overwrites what
-- a load said about somebody, so only this history shows between which two loads they left. If a person has left, and
-- their status has changed since the load before, they were back in between and have left again.
with users as (

    select
        users.account,
        users.source,
        users.idp_user_id,
        users.has_left,
        users.status_changed_at,
        coalesce(users.loaded_at, {{ freshsales_identity.freshsales_utc_now() }}) as loaded_at
    from (select * from {{ ref('stg_idp__users') }}) as users
    inner join (select * from {{ ref('int_idp__sources') }}) as sources
        on users.account = sources.account and users.source = sources.source
    where
        users.has_left is not null
        -- The last day on a roster is more exact.
        and not (users.left_on is not null and sources.kind = 'roster')

),

latest as (

    {% if is_incremental() -%}
    select * from (
        select
            *,
            row_number() over (partition by account, source, idp_user_id order by first_loaded_at desc) as age
        from {{ this }}
    ) as numbered
    where age = 1
    {%- else -%}
    select account, source, idp_user_id, has_left, status_changed_at, loaded_at as first_loaded_at, loaded_at as last_loaded_at
    from users
    where false
    {%- endif %}

)

select
    account,
    source,
    idp_user_id,
    has_left,
    status_changed_at,
    case when is_same then spell_first_loaded_at else loaded_at end as first_loaded_at,
    loaded_at as last_loaded_at
from (
    select
        users.*,
        latest.first_loaded_at as spell_first_loaded_at,
        latest.last_loaded_at as spell_last_loaded_at,
        latest.account is not null
        and users.has_left = latest.has_left
        and not (
            users.has_left
            and users.status_changed_at is distinct from latest.status_changed_at
            and coalesce(users.status_changed_at > latest.last_loaded_at, false)
        ) as is_same
    from users
    left join latest on {{ freshsales_identity.freshsales_same('users', 'latest', ['account', 'source', 'idp_user_id']) }}
) as compared
where not is_same or loaded_at > spell_last_loaded_at
