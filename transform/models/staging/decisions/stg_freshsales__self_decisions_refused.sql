{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_source('self_decisions_refused', {
    'account': 'text',
    'campaign': 'text',
    'identity_key': 'text',
    'grant_key': 'text',
    'reviewer': 'text',
    'refused_at': 'timestamp',
    'file_sha256': 'text',
    'file_row': 'integer',
}, 'freshsales_decisions') }}
