{{ config(schema=var('freshsales_staging_schema')) }}

with campaigns as (

    {{ freshsales_identity.freshsales_source('campaigns', {
        'account': 'text',
        'campaign': 'text',
        'scope': 'text',
        'due_at': 'timestamp',
        'opened_at': 'timestamp',
        'opened_by': 'text',
        'sync_id': 'text',
        'population_sha256': 'text',
    }, 'freshsales_decisions') }}

),

closings as (

    {{ freshsales_identity.freshsales_source('campaign_closings', {
        'account': 'text',
        'campaign': 'text',
        'closed_at': 'timestamp',
        'closed_by': 'text',
    }, 'freshsales_decisions') }}

)

select
    campaigns.*,
    closings.closed_at,
    closings.closed_by
from campaigns
left join closings
    on {{ freshsales_identity.freshsales_same('campaigns', 'closings', ['account', 'campaign']) }}
