{{ config(schema=var('freshsales_staging_schema')) }}

with recursive history as (

    select * from {{ ref('int_freshsales__identity_history') }} where observation <> 'read'

),

last_revisions as (

    select account, identity_key, max(revision) as revision from history group by account, identity_key

),

ended as (

    select history.account, history.identity_key, history.moved_to
    from history
    inner join last_revisions
        on {{ freshsales_identity.freshsales_same('history', 'last_revisions', ['account', 'identity_key', 'revision']) }}
    where history.observation = 'ended'

),

followed as (

    select account, identity_key, moved_to from ended
    union all
    select followed.account, followed.identity_key, ended.moved_to
    from followed
    inner join ended on followed.account = ended.account and followed.moved_to = ended.identity_key

)

select followed.account, followed.identity_key, followed.moved_to as successor_key
from followed
left join ended on followed.account = ended.account and followed.moved_to = ended.identity_key
where ended.account is null
