{{ config(schema=var('freshsales_staging_schema')) }}

with users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

named as (

    select
        account,
        scim_user_id,
        coalesce(manager_id, case when manager_display_name like '%@%' then manager_display_name end) as manager
    from users

),

-- Some directories name a manager by user name or address instead of the id.
names as (

    select account, scim_user_id, is_present, lower(user_name) as name
    from users
    where user_name is not null
    union distinct
    select users.account, users.scim_user_id, users.is_present, emails.email
    from users
    inner join (select * from {{ ref('int_freshsales__scim_emails') }}) as emails
        on users.account = emails.account and users.scim_user_id = emails.scim_user_id

),

-- A person who is there comes before people who are gone. If several are equal, none is taken.
bearers as (

    select
        account,
        name,
        case
            when max(case when is_present then 1 else 0 end) = 1
                then case
                    when sum(case when is_present then 1 else 0 end) = 1
                        then max(case when is_present then scim_user_id end)
                end
            when count(*) = 1 then max(scim_user_id)
        end as scim_user_id
    from names
    group by account, name

)

select
    named.account,
    named.scim_user_id,
    named.manager,
    coalesce(
        by_id.scim_user_id,
        bearers.scim_user_id,
        -- If no user has the id, the manager is gone. An address may be anybody's.
        case when named.manager not like '%@%' and bearers.account is null then named.manager end
    ) as manager_scim_user_id
from named
left join users as by_id on named.account = by_id.account and named.manager = by_id.scim_user_id
left join bearers on named.account = bearers.account and lower(named.manager) = bearers.name
where named.manager is not null
