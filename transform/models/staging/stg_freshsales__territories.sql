{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('territories', {
        'account': 'text',
        'id': 'integer',
        'name': 'text',
        'position': 'integer',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('territories', ['id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.id as territory_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.name') }} as name,

        -- numbers
        latest.position,

        -- JSON
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
