{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('teams', {
        'account': 'text',
        'id': 'integer',
        'name': 'text',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('teams', ['id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.id as team_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.name') }} as name,

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
