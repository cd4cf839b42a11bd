{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_staging(
    'owned_records',
    key=['owner_id', 'record_type'],
    columns={
        'account': 'text',
        'owner_id': 'integer',
        'record_type': 'text',
        'records_owned': 'integer',
        'unknown_reason': 'text',
        'sync_id': 'text',
    },
) }}
