{{ config(schema=var('freshsales_staging_schema')) }}

with listed as (

    select * from {{ ref('base_idp__users') }}

),

last_complete as (

    select account, source, max(load_id) as load_id, max(finished_at) as finished_at
    from {{ ref('base_idp__receipts') }}
    where object = 'users' and is_whole
    group by account, source

),

-- One row for each user. If a loader appends, the row that was loaded last counts. If a roster has somebody twice, the
-- employment counts that has not ended, or that ends last.
numbered as (

    select
        listed.*,
        -- A later complete list did not have the user any more.
        coalesce(listed.load_id < last_complete.load_id, false) as is_gone,
        last_complete.finished_at as complete_at,
        row_number() over (
            partition by listed.account, listed.source, listed.idp_user_id
            order by
                listed.loaded_at desc,
                case when listed.left_on is null then 0 else 1 end,
                listed.left_on desc,
                listed.status_changed_at desc
        ) as age
    from listed
    left join last_complete on listed.account = last_complete.account and listed.source = last_complete.source
    where listed.idp_user_id is not null

)

select
    account,
    source,
    idp_user_id,
    login,
    email,
    other_emails,
    alias,
    immutable_id,
    employee_number,
    display_name,
    department,
    native_status,
    case when is_gone or is_deleted then 'deleted' else idp_status end as idp_status,
    case
        when has_left or is_gone then true
        -- The mark of a loader does not prove that the list ended.
        when not is_deleted then has_left
    end as has_left,
    -- No row can say when somebody left who was active when last seen.
    case when is_gone and not coalesce(has_left, false) then null else status_changed_at end as status_changed_at,
    left_on,
    last_login_at,
    last_login_kind,
    created_at,
    case when is_gone then complete_at else loaded_at end as loaded_at
from numbered
where age = 1
