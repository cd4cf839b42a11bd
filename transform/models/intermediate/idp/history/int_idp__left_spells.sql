{{ config(
    schema=var('freshsales_history_schema'),
    unique_key=['account', 'source', 'idp_user_id', 'first_loaded_at'],
    meta={'key': ['account', 'source', 'idp_user_id', 'first_loaded_at']},
) }}

-- One row a user and time in which the loads said the same: has left, or has not. What a load before said of somebody
-- is overwritten by the next, so only this tells between which two loads they left.
with users as (

    select
        account,
        source,
        idp_user_id,
        has_left,
        status_changed_at,
        coalesce(loaded_at, {{ freshsales_identity.freshsales_utc_now() }}) as loaded_at
    from {{ ref('stg_idp__users') }}
    -- A last day tells it better.
    where has_left is not null and left_on is null

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
    users.account,
    users.source,
    users.idp_user_id,
    users.has_left,
    users.status_changed_at,
    case when users.has_left = latest.has_left then latest.first_loaded_at else users.loaded_at end as first_loaded_at,
    users.loaded_at as last_loaded_at
from users
left join latest on {{ freshsales_identity.freshsales_same('users', 'latest', ['account', 'source', 'idp_user_id']) }}
where latest.account is null or users.loaded_at > latest.last_loaded_at or users.has_left <> latest.has_left
