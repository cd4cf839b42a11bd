-- The raw rows of an account were taken away, or its receipts: who had left before may be forgotten in its marts.
select history.account, 'has no receipt of run ' || history.sync_id || ', which its history knows' as told
from (
    {% for name in ['owner_history', 'scim_user_history', 'group_history', 'membership_history'] -%}
    {%- set history = ref('int_freshsales__' ~ name) -%}
    {#- A build of some models may not have all of them. -#}
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
