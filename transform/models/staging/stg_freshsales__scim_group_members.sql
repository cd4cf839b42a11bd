{{ config(schema=var('freshsales_staging_schema')) }}

with source as (

    {{ freshsales_identity.freshsales_source('scim_group_members', {
        'account': 'text',
        'group_id': 'text',
        'member_id': 'text',
        'group_display_name': 'text',
        'member_display': 'text',
        'member_type': 'text',
        'additional_attributes': 'json',
        'sync_id': 'text',
    }) }}

),

{{ freshsales_identity.freshsales_presence('scim_group_members', ['group_id', 'member_id']) }},

renamed as (

    select
        -- ids
        latest.account,
        latest.group_id,
        latest.member_id,

        -- text
        {{ freshsales_identity.freshsales_text('latest.group_display_name') }} as group_display_name,
        {{ freshsales_identity.freshsales_text('latest.member_display') }} as member_display,
        {{ freshsales_identity.freshsales_text('latest.member_type') }} as member_type,

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
