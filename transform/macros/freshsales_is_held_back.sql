{#-
  Whether a row of int_freshsales__compared_reads is held back: suddenly so many are missing that the read counts only
  if the next complete read misses them as well, or if somebody has confirmed it. `freshsales-review verify` judges the
  raw tables in the same way. If no variable sets a limit, both take it from the environment.
-#}
{% macro freshsales_is_held_back(compared) -%}
    {%- set share = freshsales_identity.freshsales_setting('held_back_share', '0.3') | float -%}
    {%- set least = freshsales_identity.freshsales_setting('held_back_least', '5') | int -%}
    {%- set confirmed = freshsales_identity.freshsales_setting('confirmed_sync_ids', '') -%}
    {%- if confirmed is string -%}{%- set confirmed = confirmed.replace(',', ' ').split() -%}{%- endif -%}
    (
        {{ compared }}.before_sync_id is not null
        and {{ compared }}.rows_missing >= {{ least }}
        and {{ compared }}.rows_missing > {{ share }} * {{ compared }}.rows_read_before
        {%- if confirmed %}
        and {{ compared }}.sync_id not in ({{ freshsales_identity.freshsales_texts(confirmed) }})
        {%- endif %}
    )
{%- endmacro %}

{% macro freshsales_setting(name, default) -%}
    {%- set value = var('freshsales_' ~ name) -%}
    {{- return(env_var('FRESHSALES_' ~ name | upper, default) if value is none else value) -}}
{%- endmacro %}
