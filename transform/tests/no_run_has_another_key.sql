-- Such a run is left out of the models: what it alone has read is not known. `freshsales-review verify` says what to do.
{%- set refused = freshsales_identity.freshsales_runs_of_another_key() %}
{% if refused -%}
select account, 'run ' || min(sync_id) || ' was made with another `pseudonym_key` than the runs before it' as told
from ({{ refused }}) as refused
group by account
{%- else -%}
select account, sync_id as told from {{ ref('stg_freshsales__sync_receipts') }} where false
{%- endif %}
