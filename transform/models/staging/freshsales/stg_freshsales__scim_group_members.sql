{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'scim_group_members',
    key=['group_id', 'member_id'],
    columns={
        'account': 'text',
        'group_id': 'text',
        'member_id': 'text',
        'group_display_name': 'text',
        'member_display': 'text',
        'member_type': 'text',
        'additional_attributes': 'json',
        'sync_id': 'text',
    },
) }}
