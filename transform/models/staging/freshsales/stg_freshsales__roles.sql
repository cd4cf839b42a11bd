{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'roles',
    key=['id'],
    columns={
        'account': 'text',
        'id': 'integer',
        'name': 'text',
        'additional_attributes': 'json',
        'sync_id': 'text',
    },
    names={'id': 'role_id'},
) }}
