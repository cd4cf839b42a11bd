{#-
  Two CTEs: `SIDE_versions`, what a history tells of each identity, one row a read that showed something new of the
  side. Where a person had several ids of the space, one after the other, each speaks until the next one turned up.
-#}
{% macro freshsales_versions(side, history, id) %}
{{ side }}_spans as (

    select
        ids.account,
        ids.source_id,
        ids.identity_key,
        lead(min(history.sync_id)) over (
            partition by ids.account, ids.identity_key
            order by max(case when ids.is_current then 1 else 0 end), min(history.sync_id), ids.source_id
        ) as until_sync_id
    from {{ ref('int_freshsales__identity_keys') }} as ids
    inner join {{ history }} as history
        on ids.account = history.account and ids.source_id = cast(history.{{ id }} as {{ dbt.type_string() }})
    where ids.side = '{{ side }}' and history.observation in ('present', 'gone')
    group by ids.account, ids.source_id, ids.identity_key

),

{{ side }}_versions as (

    select
        spans.identity_key,
        history.*,
        case
            when history.observation = 'gone' then 'removed'
            when history.is_active then 'active'
            else 'inactive'
        end as side_status
    from {{ history }} as history
    inner join {{ side }}_spans as spans
        on history.account = spans.account and cast(history.{{ id }} as {{ dbt.type_string() }}) = spans.source_id
    where
        history.observation in ('present', 'gone')
        and (spans.until_sync_id is null or history.sync_id < spans.until_sync_id)

)
{% endmacro %}
