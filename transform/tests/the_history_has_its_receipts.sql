-- The raw rows of an account, or its receipts, were removed. Its marts may have forgotten who had left before.
select history.account, 'has no receipt of run ' || history.sync_id || ', which its history knows' as told
from (
    {% for name in ['owner_history', 'scim_user_history', 'group_history', 'membership_history'] -%}
    {%- set history = ref('int_freshsales__' ~ name) -%}
    {#- A build of some models only may not have all of them. -#}
    {%- if not execute or load_relation(history) -%}
    select account, max(sync_id) as sync_id from {{ history }} where observation = 'read' group by account
    union all
    {% endif -%}
    {%- endfor %}
    select account, sync_id from {{ ref('stg_freshsales__sync_receipts') }} where false
) as history
left join (select distinct sync_id from {{ ref('stg_freshsales__sync_receipts') }}) as receipts
    on history.sync_id = receipts.sync_id
where receipts.sync_id is null
