{{ config(schema=var('freshsales_history_schema'), meta={'key': ['account', 'kind', 'grant_key', 'sync_id', 'observation']}) }}

{%- set text = dbt.type_string() %}
{%- set columns = [
    'grant_key', 'identity_key', 'resource_type', 'resource_id', 'resource_name', 'granted_via', 'granted_via_id'
] %}
{#-
  The streams by which a kind of grants is known: that of the grants, and that of the people who hold them. A run tells
  about a kind if it has read all of them completely.
-#}
{%- set kinds = {
    'crm': ['owners'],
    'scim': ['scim_users'],
    'group': ['scim_group_members', 'scim_users'],
} %}

with all_told as (

    {{ freshsales_identity.freshsales_remembered(dict(
        {'account': text, 'kind': text, 'sync_id': text, 'observation': text},
        **dict.fromkeys(columns, text)
    )) }}

),

complete_reads as (

    select account, stream, max(sync_id) as sync_id, max(finished_at) as finished_at
    from {{ ref('base_freshsales__complete_reads') }}
    group by account, stream

),

-- If a read that is not complete, or is held back, has overwritten the rows of the last complete one, nothing is said
-- about them: only complete reads show that somebody no longer has a grant.
written as (

    select account, stream, max(sync_id) as sync_id
    from (
        select account, stream, sync_id from {{ ref('base_freshsales__rows_by_run') }}
        union all
        select account, stream, sync_id from {{ ref('int_freshsales__compared_reads') }}
    ) as runs
    group by account, stream

),

last_told as (

    select account, kind, max(sync_id) as sync_id from all_told where observation = 'read' group by account, kind

),

reads as (

    {% for kind, streams in kinds.items() -%}
    select account, '{{ kind }}' as kind, max(sync_id) as sync_id, max(finished_at) as finished_at
    from (
        select
            complete_reads.account,
            complete_reads.sync_id,
            complete_reads.finished_at,
            case when written.sync_id > complete_reads.sync_id then 1 else 0 end as is_overwritten
        from complete_reads
        left join written
            on {{ freshsales_identity.freshsales_same('complete_reads', 'written', ['account', 'stream']) }}
        where complete_reads.stream in ({{ freshsales_identity.freshsales_texts(streams) }})
    ) as of_{{ kind }}
    group by account
    having count(*) = {{ streams | length }} and max(is_overwritten) = 0 and min(sync_id) = max(sync_id)
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

new_reads as (

    select reads.account, reads.kind, reads.sync_id, reads.finished_at, last_told.sync_id as after_sync_id
    from reads
    left join last_told on {{ freshsales_identity.freshsales_same('reads', 'last_told', ['account', 'kind']) }}
    where last_told.sync_id is null or reads.sync_id > last_told.sync_id

),

all_entitlements as (

    select
        account,
        case
            when resource_type in ('crm_role', 'crm_territory') then 'crm'
            when resource_type = 'scim_group' then 'group'
            else 'scim'
        end as kind,
        {{ columns | join(', ') }}
    from {{ ref('identity_entitlements') }}

),

accounts_looked_at as (

    select distinct account from new_reads

),

{{ freshsales_identity.freshsales_looked_at({'told': 'all_told', 'entitlements': 'all_entitlements'}) }},

last_observations as (

    select account, grant_key, max(sync_id) as sync_id
    from told
    where observation <> 'read'
    group by account, grant_key

),

held_before as (

    select told.*
    from told
    inner join last_observations
        on {{ freshsales_identity.freshsales_same('told', 'last_observations', ['account', 'grant_key', 'sync_id']) }}
    where told.observation = 'held'

),

came as (

    select entitlements.*, 'held' as observation
    from entitlements
    left join held_before
        on {{ freshsales_identity.freshsales_same('entitlements', 'held_before', ['account', 'grant_key']) }}
    where held_before.account is null

),

went as (

    select held_before.account, held_before.kind, {{ freshsales_identity.freshsales_columns_of('held_before', columns) }}, 'gone' as observation
    from held_before
    left join entitlements
        on {{ freshsales_identity.freshsales_same('held_before', 'entitlements', ['account', 'grant_key']) }}
    where entitlements.account is null

),

{#- No row; it gives the nulls their types. #}
read_rows as (

    select
        new_reads.account,
        new_reads.kind,
        {{ freshsales_identity.freshsales_columns_of('example', columns) }},
        'read' as observation
    from new_reads
    left join told as example on new_reads.account = example.account and example.account is null

),

observed as (

    select * from came
    union all
    select * from went
    union all
    select * from read_rows

)

select
    observed.account,
    observed.kind,
    {{ freshsales_identity.freshsales_columns_of('observed', columns) }},
    new_reads.sync_id,
    observed.observation,
    new_reads.after_sync_id,
    new_reads.finished_at as seen_at
from observed
inner join new_reads on {{ freshsales_identity.freshsales_same('observed', 'new_reads', ['account', 'kind']) }}
