{#- OneLogin: users, app users and events of its API, from the vendor's documentation. Never run on a tenant. -#}
{% macro freshsales_idp_onelogin(entry, object) %}
    {%- set field = freshsales_identity.freshsales_idp_field -%}
    {%- if object == 'users' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['users', 'user']) -%}
        {%- set status = field(table, 'status') -%}
        {{ return([{'table': table, 'columns': {
            'idp_user_id': field(table, 'id'),
            'login': field(table, 'username'),
            'email': 'lower(' ~ field(table, 'email') ~ ')',
            'alias': field(table, 'samaccountname'),
            'immutable_id': field(table, 'external_id'),
            'display_name': "nullif(trim(concat(coalesce(" ~ field(table, 'firstname') ~ ", ''), ' ', coalesce(" ~ field(table, 'lastname') ~ ", ''))), '')",
            'department': field(table, 'department'),
            'native_status': status,
            'idp_status': freshsales_identity.freshsales_idp_status(status, {
                '0': 'pending', '1': 'active', '2': 'suspended', '3': 'locked', '4': 'active', '5': 'active', '7': 'pending', '8': 'pending',
            }),
            'has_left': freshsales_identity.freshsales_idp_has_left(entry, status),
            'last_login_at': field(table, 'last_login', 'timestamp'),
            'last_login_kind': "case when " ~ field(table, 'last_login') ~ " is not null then 'success' end",
            'created_at': field(table, 'created_at', 'timestamp'),
        }}]) }}
    {%- elif object == 'app_assignments' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['app_users', 'app_user']) -%}
        {{ return([{'table': table, 'columns': {
            'app_id': field(table, 'app_id'),
            'idp_user_id': 'coalesce(' ~ field(table, 'user_id') ~ ', ' ~ field(table, 'id') ~ ')',
            'app_user_name': field(table, 'username'),
        }}]) }}
    {%- endif -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['events', 'event']) -%}
    {{ return([{'table': table, 'columns': {
        'event_id': field(table, 'id'),
        'happened_at': field(table, 'created_at', 'timestamp'),
        'event_type': freshsales_identity.freshsales_idp_status(field(table, 'event_type_id'), {'5': 'sign_in', '8': 'app_sign_in'}),
        'idp_user_id': field(table, 'user_id'),
        'app_id': field(table, 'app_id'),
        'result': "cast('SUCCESS' as " ~ dbt.type_string() ~ ")",
        'reason': field(table, 'error_description'),
        'actor_id': field(table, 'actor_user_id'),
        'native_type': field(table, 'event_type_id'),
    }}]) }}
{% endmacro %}
