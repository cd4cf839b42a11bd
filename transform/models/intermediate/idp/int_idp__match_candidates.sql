{{ config(schema=var('freshsales_staging_schema')) }}

{#- The form of the ids of a provider: a sign that an external id is meant to be one. #}
{%- set id_forms = {
    'okta': '^00u[0-9a-zA-Z]{17}$',
    'entra': '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
    'google': '^[0-9]{21}$',
} %}

-- One row for each value by which somebody on either side is known, for each rung of the match.
with sources as (

    select * from {{ ref('int_idp__sources') }}

),

people as (

    select
        sources.source,
        sources.kind,
        people.*,
        -- The external id is meant to be an id of the provider, and no such user is loaded. Then no address may be used
        -- for them.
        coalesce(
            case sources.adapter
                {%- for adapter_name, form in id_forms.items() %}
                when '{{ adapter_name }}' then people.external_id ~ '{{ form }}'
                {%- endfor %}
            end
            and sources.users_are_loaded
            and loaded.idp_user_id is null,
            false
        ) as names_somebody_not_loaded
    from (select * from {{ ref('int_idp__people') }}) as people
    inner join sources on people.account = sources.account
    -- If there are two tenants of one vendor, the id belongs to one of them.
    left join (select distinct account, idp_user_id from {{ ref('stg_idp__users') }}) as loaded
        on people.account = loaded.account and people.external_id = loaded.idp_user_id

),

users as (

    select users.*, sources.kind
    from (select * from {{ ref('stg_idp__users') }}) as users
    inner join sources on users.account = sources.account and users.source = sources.source

),

assignments as (

    select * from {{ ref('stg_idp__app_assignments') }}

),

other_emails as (

    {{ freshsales_identity.freshsales_json_values('users', ['account', 'source', 'idp_user_id'], 'other_emails') }}

),

here as (

    select account, source, identity_key as source_id, is_present, 'app_user_id' as rung, scim_user_id as value, names_somebody_not_loaded
    from people
    union all
    select account, source, identity_key, is_present, 'external_id', external_id, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'external_alias', external_id, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'employee_number', employee_number, names_somebody_not_loaded
    from people
    union all
    select account, source, identity_key, is_present, 'login', user_name, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'primary_email', scim_email, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'primary_email', owner_email, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'any_email', scim_email, names_somebody_not_loaded from people
    union all
    select account, source, identity_key, is_present, 'any_email', owner_email, names_somebody_not_loaded from people
    union all
    select
        people.account,
        people.source,
        people.identity_key,
        people.is_present,
        'any_email',
        emails.email,
        people.names_somebody_not_loaded
    from people
    inner join (select * from {{ ref('int_freshsales__scim_emails') }}) as emails
        on people.account = emails.account and people.scim_user_id = emails.scim_user_id

),

there as (

    select account, source, idp_user_id as source_id, 'app_user_id' as rung, app_user_id as value from assignments
    union all
    select account, source, idp_user_id, 'external_id', idp_user_id from users where kind = 'idp'
    union all
    select account, source, idp_user_id, 'external_alias', immutable_id from users
    union all
    select account, source, idp_user_id, 'external_alias', alias from users
    union all
    select account, source, idp_user_id, 'employee_number', employee_number from users
    union all
    select account, source, idp_user_id, 'login', lower(login) from users
    union all
    select account, source, idp_user_id, 'login', lower(app_user_name) from assignments
    union all
    select account, source, idp_user_id, 'primary_email', email from users
    union all
    select account, source, idp_user_id, 'any_email', email from users
    union all
    select account, source, idp_user_id, 'any_email', lower(login) from users where login like '%@%'
    union all
    select account, source, idp_user_id, 'any_email', {{ freshsales_identity.freshsales_email('value') }} from other_emails

)

select distinct account, source, 'here' as side, source_id, is_present, rung, value, names_somebody_not_loaded
from here
where value is not null
union all
-- If the user of an assignment is not loaded, the assignment matches nobody.
select distinct there.account, there.source, 'idp', there.source_id, true, there.rung, there.value, false
from there
inner join users
    on there.account = users.account and there.source = users.source and there.source_id = users.idp_user_id
where there.value is not null
