{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'scim_groups',
    key=['id'],
    columns={
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
    },
    names={'id': 'group_id'},
    as_is=['external_id'],
) }}
