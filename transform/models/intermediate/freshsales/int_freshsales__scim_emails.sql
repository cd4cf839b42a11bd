{{ config(schema=var('freshsales_staging_schema')) }}

with users as (

    select * from {{ ref('stg_freshsales__scim_users') }}

),

listed as (

    {{ freshsales_identity.freshsales_json_values('users', ['account', 'scim_user_id'], 'emails') }}

),

addresses as (

    select account, scim_user_id, {{ freshsales_identity.freshsales_email('value') }} as email from listed
    union distinct
    select account, scim_user_id, primary_email as email from users

)

select account, scim_user_id, email
from addresses
where email is not null
