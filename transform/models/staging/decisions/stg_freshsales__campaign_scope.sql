{{ config(schema=var('freshsales_staging_schema')) }}

with scope as (

    {{ freshsales_identity.freshsales_source('campaign_scope', {
        'account': 'text',
        'campaign': 'text',
        'identity_key': 'text',
        'grant_key': 'text',
        'resource_type': 'text',
        'resource_id': 'text',
        'resource_name': 'text',
        'crm_source_id': 'text',
        'scim_source_id': 'text',
    }, 'freshsales_decisions') }}

)

select
    *,
    coalesce(grant_key, '') as subject_key
from scope
