{#-
  What a history says about each identity on one side, with one row for each read that showed something new. If a person
  had several ids, one after the other, each id counts until the next one appeared. If an id was handed on to another
  person, the first person is gone from the first read on that showed it with the second.

  `since_sync_id` is the read since which the person has been there, whatever changed meanwhile.
-#}
{% macro freshsales_versions(side, history, id, columns) %}
with history as (

    select * from {{ history }} where observation in ('present', 'gone')

),

seats as (

    select * from {{ ref('int_freshsales__seats') }} where side = '{{ side }}'

),

of_seats as (

    select
        seats.account,
        seats.source_id,
        seats.identity_key,
        seats.is_current,
        seats.until_sync_id,
        {{ freshsales_identity.freshsales_columns_of('history', columns) }},
        {{ freshsales_identity.freshsales_columns_of('history', ['sync_id', 'observation', 'after_sync_id', 'seen_at']) }},
        row_number() over (partition by seats.account, seats.source_id order by history.sync_id desc) as age
    from history
    inner join seats
        on history.account = seats.account and cast(history.{{ id }} as {{ dbt.type_string() }}) = seats.upstream_id
    where
        (seats.from_sync_id is null or history.sync_id >= seats.from_sync_id)
        and (seats.until_sync_id is null or history.sync_id < seats.until_sync_id)

),

handed_on as (

    select
        seats.account,
        seats.source_id,
        history.sync_id,
        history.after_sync_id,
        history.seen_at,
        row_number() over (partition by seats.account, seats.source_id order by history.sync_id) as place
    from history
    inner join seats
        on history.account = seats.account and cast(history.{{ id }} as {{ dbt.type_string() }}) = seats.upstream_id
    where history.sync_id >= seats.until_sync_id

),

observed as (

    select
        account,
        source_id,
        identity_key,
        is_current,
        {{ columns | join(', ') }},
        sync_id,
        observation,
        after_sync_id,
        seen_at
    from of_seats
    union all
    select
        of_seats.account,
        of_seats.source_id,
        of_seats.identity_key,
        of_seats.is_current,
        {{ freshsales_identity.freshsales_columns_of('of_seats', columns) }},
        handed_on.sync_id,
        'gone',
        handed_on.after_sync_id,
        handed_on.seen_at
    from of_seats
    inner join handed_on
        on {{ freshsales_identity.freshsales_same('of_seats', 'handed_on', ['account', 'source_id']) }}
    where of_seats.age <= 1 and handed_on.place <= 1 and of_seats.observation = 'present'

),

spans as (

    select
        account,
        source_id,
        identity_key,
        lead(min(sync_id)) over (
            partition by account, identity_key
            order by max(case when is_current then 1 else 0 end), min(sync_id), source_id
        ) as until_sync_id
    from observed
    group by account, source_id, identity_key

),

versions as (

    select
        observed.*,
        {{ freshsales_identity.freshsales_side_status("observed.observation = 'present'", 'observed.is_active') }} as side_status
    from observed
    inner join spans
        on {{ freshsales_identity.freshsales_same('observed', 'spans', ['account', 'source_id', 'identity_key']) }}
    where spans.until_sync_id is null or observed.sync_id < spans.until_sync_id

),

followed as (

    select
        *,
        lag(observation) over (partition by account, identity_key order by sync_id) as observation_before
    from versions

)

select
    account,
    identity_key,
    source_id,
    {{ columns | join(', ') }},
    sync_id,
    observation,
    after_sync_id,
    seen_at,
    side_status,
    max(case when observation = 'present' and coalesce(observation_before, 'gone') = 'gone' then sync_id end) over (
        partition by account, identity_key
        order by sync_id
        rows between unbounded preceding and current row
    ) as since_sync_id
from followed
{% endmacro %}
