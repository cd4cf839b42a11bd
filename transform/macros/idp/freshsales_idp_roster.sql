{#- A roster of HR: one table of people, with the last day of the people who leave. -#}
{% macro freshsales_idp_roster(entry, object) %}
    {%- if object != 'users' -%}{{ return([]) }}{%- endif -%}
    {%- set field = freshsales_identity.freshsales_idp_field -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['roster', 'employees', 'users']) -%}
    {%- set today = 'cast(' ~ freshsales_identity.freshsales_utc_now() ~ ' as date)' -%}
    {%- set left_on = field(table, 'left_on', 'date') -%}
    {%- set started_on = field(table, 'started_on', 'date') -%}
    {#- A last day that is no date proves nothing, neither that somebody left nor that somebody stays. -#}
    {%- set is_known = field(table, 'left_on') ~ ' is null or ' ~ left_on ~ ' is not null' -%}
    {%- set has_left = '(case when ' ~ is_known ~ ' then coalesce(' ~ left_on ~ ' <= ' ~ today ~ ', false) end)' -%}
    {#-
      A row belongs to the last receipt that was made before the row was loaded. A row from before all receipts belongs
      to none.
    -#}
    {%- set receipts = freshsales_identity.freshsales_idp_table(entry, ['load_receipts']) -%}
    {%- set load_id = "cast(null as " ~ dbt.type_string() ~ ")" -%}
    {%- if receipts.relation -%}
        {%- set load_id = "coalesce((select max(receipts.receipt_load_id) from (select " ~ field(receipts, 'load_id')
            ~ " as receipt_load_id, " ~ field(receipts, 'started_at', 'timestamp') ~ " as receipt_started_at from "
            ~ receipts.relation ~ ") as receipts where receipts.receipt_started_at <= "
            ~ freshsales_identity.freshsales_idp_loaded_at(table) ~ "), '')" -%}
    {%- endif -%}
    {{ return([{'table': table, 'load_id': load_id, 'columns': {
        'idp_user_id': 'coalesce(' ~ field(table, 'employee_number') ~ ', lower(' ~ field(table, 'email') ~ '))',
        'email': 'lower(' ~ field(table, 'email') ~ ')',
        'employee_number': field(table, 'employee_number'),
        'display_name': field(table, 'display_name'),
        'department': field(table, 'department'),
        'idp_status': "case when " ~ has_left ~ " then 'disabled' when " ~ started_on ~ " > " ~ today ~ " then 'pending' when not " ~ has_left ~ " then 'active' end",
        'has_left': has_left,
        'left_on': left_on,
        'created_at': 'cast(' ~ started_on ~ ' as ' ~ dbt.type_timestamp() ~ ')',
    }}]) }}
{% endmacro %}
