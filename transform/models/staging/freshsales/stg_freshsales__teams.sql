{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'teams',
    key=['id'],
    columns={
        'account': 'text',
        'id': 'integer',
        'name': 'text',
        'additional_attributes': 'json',
        'sync_id': 'text',
    },
    names={'id': 'team_id'},
) }}
