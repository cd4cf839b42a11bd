{{ config(schema=var('freshsales_staging_schema')) }}

with listed as (

    select
        *,
        row_number() over (partition by account, source, event_id order by loaded_at desc) as age
    from {{ ref('base_idp__events') }}
    where is_of_app and event_id is not null and event_type is not null and happened_at is not null

)

select
    account,
    source,
    event_id,
    happened_at,
    event_type,
    idp_user_id,
    app_id,
    result,
    reason,
    actor_id,
    native_type
from listed
where age = 1
