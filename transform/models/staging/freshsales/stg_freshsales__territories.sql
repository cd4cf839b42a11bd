{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'territories',
    key=['id'],
    columns={
        'account': 'text',
        'id': 'integer',
        'name': 'text',
        'position': 'integer',
        'additional_attributes': 'json',
        'sync_id': 'text',
    },
    names={'id': 'territory_id'},
) }}
