{{ config(schema=var('freshsales_staging_schema')) }}

with history as (

    select * from {{ ref('int_freshsales__identity_history') }} where observation = 'state'

),

spans as (

    select account, identity_key, min(sync_id) as known_since_sync_id, max(revision) as revision
    from history
    group by account, identity_key

)

select
    spans.account,
    spans.identity_key,
    spans.known_since_sync_id,
    history.display_name,
    history.email,
    history.department,
    history.crm_status,
    history.scim_status,
    history.side_status,
    case history.side when 'scim' then history.scim_seen_at else history.crm_seen_at end as side_seen_at
from spans
inner join history
    on {{ freshsales_identity.freshsales_same('spans', 'history', ['account', 'identity_key', 'revision']) }}
