{#- Whether two steps speak of the same list of a provider. Only the assignments to one app have an app_id. -#}
{% macro freshsales_idp_same_list(one, other) -%}
    {{ freshsales_identity.freshsales_same(one, other, ['account', 'source', 'object']) }}
            and coalesce({{ one }}.app_id, '') = coalesce({{ other }}.app_id, '')
{%- endmacro %}

{#- Whether a key belongs to a list. A list without an app_id has the keys of all apps. -#}
{% macro freshsales_idp_is_key_of(list, keys='keys') -%}
    {{ freshsales_identity.freshsales_same(list, keys, ['account', 'source', 'object']) }}
            and ({{ list }}.app_id is null or {{ list }}.app_id = {{ keys }}.app_id)
{%- endmacro %}
