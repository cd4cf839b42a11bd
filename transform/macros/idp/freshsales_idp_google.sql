{#-
  Google Workspace: the users of the Directory API, from the vendor's documentation. Never run on a tenant. It has no
  list of who is assigned to a SAML app, and no events are read.
-#}
{% macro freshsales_idp_google(entry, object) %}
    {%- if object != 'users' -%}{{ return([]) }}{%- endif -%}
    {%- set field = freshsales_identity.freshsales_idp_field -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['users', 'user']) -%}
    {%- set suspended = field(table, 'suspended', 'boolean') -%}
    {%- set archived = field(table, 'archived', 'boolean') -%}
    {%- set deleted = field(table, 'deletionTime') ~ ' is not null' -%}
    {%- set status = "(case when " ~ archived ~ " then 'archived' when " ~ suspended ~ " then 'suspended' when not " ~ suspended ~ " then 'active' end)" -%}
    {%- set last_login = field(table, 'lastLoginTime', 'timestamp') -%}
    {#- If somebody has never signed in, Google sends the first moment of 1970. -#}
    {%- set signed_in = "case when " ~ last_login ~ " > timestamp '1970-01-01 00:00:00' then " -%}
    {{ return([{'table': table, 'columns': {
        'idp_user_id': field(table, 'id'),
        'login': field(table, 'primaryEmail'),
        'email': 'lower(' ~ field(table, 'primaryEmail') ~ ')',
        'other_emails': field(table, 'aliases', 'json'),
        'employee_number': freshsales_identity.freshsales_json_pick(field(table, 'externalIds', 'json'), 'type', 'organization', 'value'),
        'display_name': field(table, 'name.fullName'),
        'native_status': status,
        'idp_status': "case when " ~ deleted ~ " then 'deleted' else "
            ~ freshsales_identity.freshsales_idp_status(status, {'active': 'active', 'suspended': 'suspended', 'archived': 'disabled'}) ~ " end",
        'has_left': '(' ~ freshsales_identity.freshsales_idp_has_left(entry, status) ~ ') or (' ~ deleted ~ ')',
        'status_changed_at': field(table, 'deletionTime', 'timestamp'),
        'last_login_at': signed_in ~ last_login ~ ' end',
        'last_login_kind': signed_in ~ "'success' end",
        'created_at': field(table, 'creationTime', 'timestamp'),
    }}]) }}
{% endmacro %}
