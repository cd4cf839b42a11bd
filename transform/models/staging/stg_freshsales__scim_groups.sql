{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('scim_groups', {
        'account': 'text',
        'id': 'text',
        'external_id': 'text',
        'display_name': 'text',
        'member_count': 'integer',
        'members': 'json',
        'created_at': 'timestamp',
        'last_modified_at': 'timestamp',
        'resource_location': 'text',
        'resource_version': 'text',
        'schemas': 'json',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('scim_groups', ['id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.id as group_id,
        latest.external_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.display_name') }} as display_name,
        {{ freshsales_identity.freshsales_text('latest.resource_location') }} as resource_location,
        {{ freshsales_identity.freshsales_text('latest.resource_version') }} as resource_version,

        -- numbers
        latest.member_count,

        -- times
        latest.created_at,
        latest.last_modified_at,

        -- JSON
        latest.members,
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
