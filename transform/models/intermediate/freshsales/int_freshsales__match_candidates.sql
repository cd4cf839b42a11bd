{{ config(schema=var('freshsales_staging_schema')) }}

with owners as (

    select * from {{ ref('int_freshsales__owners') }}

),

users as (

    select * from {{ ref('int_freshsales__scim_users') }}

),

emails as (

    select * from {{ ref('int_freshsales__scim_emails') }}

),

owner_addresses as (

    {% for rung in ['primary_email', 'any_email', 'user_name'] -%}
    select
        account,
        'crm' as side,
        cast(owner_id as {{ dbt.type_string() }}) as source_id,
        is_present,
        '{{ rung }}' as rung,
        email as value
    from owners
    where email is not null
    union all
    {% endfor %}
    select account, 'crm', cast(owner_id as {{ dbt.type_string() }}), is_present, 'uuid', uuid
    from owners
    where uuid is not null

),

user_addresses as (

    select account, 'scim' as side, scim_user_id as source_id, is_present, 'uuid' as rung, scim_user_id as value
    from users
    union all
    select account, 'scim', scim_user_id, is_present, 'primary_email', email
    from users
    where email is not null
    union all
    select users.account, 'scim', users.scim_user_id, users.is_present, 'any_email', emails.email
    from users
    inner join emails on users.account = emails.account and users.scim_user_id = emails.scim_user_id
    union all
    select account, 'scim', scim_user_id, is_present, 'user_name', lower(user_name)
    from users
    where user_name is not null

)

select * from owner_addresses
union all
select * from user_addresses
