{#- Tables or views that already have the columns of the contract. In this way, any source can be used. -#}
{% macro freshsales_idp_contract_tables(entry, object) %}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, [object]) -%}
    {%- set columns = {} -%}
    {%- for name, type in freshsales_identity.freshsales_idp_contract()[object].items() -%}
        {%- do columns.update({name: freshsales_identity.freshsales_idp_field(table, name, type)}) -%}
    {%- endfor -%}
    {%- if object == 'users' -%}
        {%- set today = 'cast(' ~ freshsales_identity.freshsales_utc_now() ~ ' as date)' -%}
        {%- do columns.update({
            'email': 'lower(' ~ columns.email ~ ')',
            'has_left': 'coalesce(' ~ columns.has_left ~ ', case when ' ~ columns.left_on ~ ' <= ' ~ today ~ ' then true end)',
        }) -%}
    {%- endif -%}
    {{ return([{'table': table, 'columns': columns}]) }}
{% endmacro %}
