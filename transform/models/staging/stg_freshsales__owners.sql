{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('owners', {
        'account': 'text',
        'id': 'integer',
        'uuid': 'text',
        'name': 'text',
        'display_name': 'text',
        'first_name': 'text',
        'last_name': 'text',
        'job_title': 'text',
        'email': 'text',
        'phone': 'text',
        'mobile': 'text',
        'work_number': 'text',
        'mobile_number': 'text',
        'role_id': 'integer',
        'roles': 'json',
        'territory_id': 'integer',
        'is_active': 'boolean',
        'time_zone': 'text',
        'language': 'text',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('owners', ['id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.id as owner_id,
        {{ freshsales_identity.freshsales_text('latest.uuid') }} as uuid,
        latest.role_id,
        latest.territory_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.name') }} as name,
        {{ freshsales_identity.freshsales_text('latest.display_name') }} as display_name,
        {{ freshsales_identity.freshsales_text('latest.first_name') }} as first_name,
        {{ freshsales_identity.freshsales_text('latest.last_name') }} as last_name,
        {{ freshsales_identity.freshsales_text('latest.job_title') }} as job_title,
        {{ freshsales_identity.freshsales_email('latest.email') }} as email,
        {{ freshsales_identity.freshsales_text('latest.phone') }} as phone,
        {{ freshsales_identity.freshsales_text('latest.mobile') }} as mobile,
        {{ freshsales_identity.freshsales_text('latest.work_number') }} as work_number,
        {{ freshsales_identity.freshsales_text('latest.mobile_number') }} as mobile_number,
        {{ freshsales_identity.freshsales_text('latest.time_zone') }} as time_zone,
        {{ freshsales_identity.freshsales_text('latest.language') }} as language,

        -- booleans
        latest.is_active,

        -- times
        latest.created_at,
        latest.updated_at,

        -- JSON
        latest.roles,
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
