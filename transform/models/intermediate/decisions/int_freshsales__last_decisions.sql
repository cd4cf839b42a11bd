{{ config(schema=var('freshsales_staging_schema')) }}

with decisions as (

    select
        holders.account,
        holders.holder_key as identity_key,
        decisions.decision,
        decisions.decided_at,
        decisions.sync_id,
        row_number() over (
            partition by holders.account, holders.holder_key
            order by cast(decisions.decided_at as date) desc, decisions.recorded_at desc, decisions.file_row desc
        ) as age
    from (select * from {{ ref('stg_freshsales__review_decisions') }}) as decisions
    inner join (select * from {{ ref('int_freshsales__decision_holders') }}) as holders
        on {{ freshsales_identity.freshsales_same('decisions', 'holders', ['account', 'campaign', 'identity_key']) }}
    where decisions.subject_key = ''

),

last_decisions as (

    select * from decisions where age <= 1

),

changes as (

    select account, identity_key, max(sync_id) as sync_id
    from (
        select account, identity_key, seen_sync_id as sync_id from {{ ref('identity_changes') }}
        union all
        select account, identity_key, sync_id
        from {{ ref('int_freshsales__grant_history') }}
        where observation <> 'read' and after_sync_id is not null
    ) as all_changes
    group by account, identity_key

)

select
    last_decisions.account,
    last_decisions.identity_key,
    last_decisions.decision as last_decision,
    last_decisions.decided_at as last_decided_at,
    coalesce(changes.sync_id > last_decisions.sync_id, false) as changed_since_decision
from last_decisions
left join changes
    on {{ freshsales_identity.freshsales_same('last_decisions', 'changes', ['account', 'identity_key']) }}
