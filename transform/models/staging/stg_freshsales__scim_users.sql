{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('scim_users', {
        'account': 'text',
        'id': 'text',
        'external_id': 'text',
        'user_name': 'text',
        'display_name': 'text',
        'nick_name': 'text',
        'given_name': 'text',
        'family_name': 'text',
        'formatted_name': 'text',
        'title': 'text',
        'user_type': 'text',
        'preferred_language': 'text',
        'locale': 'text',
        'timezone': 'text',
        'active': 'boolean',
        'primary_email': 'text',
        'emails': 'json',
        'phone_numbers': 'json',
        'addresses': 'json',
        'roles': 'json',
        'entitlements': 'json',
        'employee_number': 'text',
        'cost_center': 'text',
        'organization': 'text',
        'division': 'text',
        'department': 'text',
        'manager_id': 'text',
        'manager_display_name': 'text',
        'created_at': 'timestamp',
        'last_modified_at': 'timestamp',
        'resource_location': 'text',
        'resource_version': 'text',
        'schemas': 'json',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('scim_users', ['id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.id as scim_user_id,
        latest.external_id,
        {{ freshsales_identity.freshsales_text('latest.manager_id') }} as manager_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.user_name') }} as user_name,
        {{ freshsales_identity.freshsales_text('latest.display_name') }} as display_name,
        {{ freshsales_identity.freshsales_text('latest.nick_name') }} as nick_name,
        {{ freshsales_identity.freshsales_text('latest.given_name') }} as given_name,
        {{ freshsales_identity.freshsales_text('latest.family_name') }} as family_name,
        {{ freshsales_identity.freshsales_text('latest.formatted_name') }} as formatted_name,
        {{ freshsales_identity.freshsales_text('latest.title') }} as title,
        {{ freshsales_identity.freshsales_text('latest.user_type') }} as user_type,
        {{ freshsales_identity.freshsales_text('latest.preferred_language') }} as preferred_language,
        {{ freshsales_identity.freshsales_text('latest.locale') }} as locale,
        {{ freshsales_identity.freshsales_text('latest.timezone') }} as timezone,
        {{ freshsales_identity.freshsales_email('latest.primary_email') }} as primary_email,
        {{ freshsales_identity.freshsales_text('latest.employee_number') }} as employee_number,
        {{ freshsales_identity.freshsales_text('latest.cost_center') }} as cost_center,
        {{ freshsales_identity.freshsales_text('latest.organization') }} as organization,
        {{ freshsales_identity.freshsales_text('latest.division') }} as division,
        {{ freshsales_identity.freshsales_text('latest.department') }} as department,
        {{ freshsales_identity.freshsales_text('latest.manager_display_name') }} as manager_display_name,
        {{ freshsales_identity.freshsales_text('latest.resource_location') }} as resource_location,
        {{ freshsales_identity.freshsales_text('latest.resource_version') }} as resource_version,

        -- booleans
        latest.active,

        -- times
        latest.created_at,
        latest.last_modified_at,

        -- JSON
        latest.emails,
        latest.phone_numbers,
        latest.addresses,
        latest.roles,
        latest.entitlements,
        latest.schemas,
        latest.additional_attributes,

        -- presence
        latest.sync_id,
        presence.removed_seen_sync_id,
        presence.removed_seen_at,
        presence.removed_seen_sync_id is null as is_present
    from latest
    left join presence
        on latest.account = presence.account and latest.sync_id = presence.sync_id

)

select * from renamed
