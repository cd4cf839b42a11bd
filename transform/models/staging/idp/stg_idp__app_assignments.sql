{{ config(schema=var('freshsales_staging_schema')) }}

with listed as (

    select * from {{ ref('base_idp__app_assignments') }} where is_of_app

),

last_complete as (

    select account, source, app_id, max(load_id) as load_id
    from {{ ref('base_idp__receipts') }}
    where object = 'app_assignments' and is_whole
    group by account, source, app_id

),

-- One row for each app and user. A row that a later complete list of the app did not bring again is gone.
numbered as (

    select
        listed.*,
        coalesce(listed.load_id < last_complete.load_id, false) as is_gone,
        row_number() over (
            partition by listed.account, listed.source, listed.app_id, listed.idp_user_id
            order by listed.loaded_at desc, listed.assigned_at desc
        ) as age
    from listed
    left join last_complete
        on
            listed.account = last_complete.account
            and listed.source = last_complete.source
            and (last_complete.app_id is null or listed.app_id = last_complete.app_id)
    where listed.idp_user_id is not null

)

select
    account,
    source,
    app_id,
    idp_user_id,
    app_user_id,
    app_user_name,
    scope,
    native_status,
    sync_state,
    assigned_at,
    loaded_at
from numbered
where age = 1 and not is_gone and not is_deleted
