{#- Okta: the users, app users and log events of its management API, as any loader stores them. -#}
{% macro freshsales_idp_okta(entry, object) %}
    {%- set field = freshsales_identity.freshsales_idp_field -%}
    {%- if object == 'users' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['users', 'user', 'okta_users', 'okta_user']) -%}
        {%- set status = field(table, 'status') -%}
        {{ return([{'table': table, 'columns': {
            'idp_user_id': field(table, 'id'),
            'login': field(table, 'profile.login'),
            'email': 'lower(' ~ field(table, 'profile.email') ~ ')',
            'employee_number': field(table, 'profile.employeeNumber'),
            'display_name': "coalesce(" ~ field(table, 'profile.displayName') ~ ", nullif(trim(concat(coalesce("
                ~ field(table, 'profile.firstName') ~ ", ''), ' ', coalesce(" ~ field(table, 'profile.lastName') ~ ", ''))), ''))",
            'department': field(table, 'profile.department'),
            'native_status': status,
            'idp_status': freshsales_identity.freshsales_idp_status(status, {
                'ACTIVE': 'active', 'RECOVERY': 'active', 'PASSWORD_EXPIRED': 'active', 'STAGED': 'pending',
                'PROVISIONED': 'pending', 'LOCKED_OUT': 'locked', 'SUSPENDED': 'suspended', 'DEPROVISIONED': 'disabled',
            }),
            'has_left': freshsales_identity.freshsales_idp_has_left(entry, status),
            'status_changed_at': field(table, 'statusChanged', 'timestamp'),
            'last_login_at': field(table, 'lastLogin', 'timestamp'),
            'last_login_kind': "case when " ~ field(table, 'lastLogin') ~ " is not null then 'success' end",
            'created_at': field(table, 'created', 'timestamp'),
        }}]) }}
    {%- elif object == 'app_assignments' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['app_users', 'app_user', 'application_users', 'application_user']) -%}
        {%- set of_link = "nullif(" ~ dbt.split_part(dbt.split_part(field(table, '_links.app.href'), "'/apps/'", 2), "'/'", 1) ~ ", '')" -%}
        {{ return([{'table': table, 'columns': {
            'app_id': 'coalesce(' ~ field(table, 'app_id') ~ ', ' ~ field(table, 'application_id') ~ ', ' ~ of_link ~ ')',
            'idp_user_id': 'coalesce(' ~ field(table, 'user_id') ~ ', ' ~ field(table, 'id') ~ ')',
            'app_user_id': field(table, 'externalId'),
            'app_user_name': field(table, 'credentials.userName'),
            'scope': 'lower(' ~ field(table, 'scope') ~ ')',
            'native_status': field(table, 'status'),
            'sync_state': 'upper(' ~ field(table, 'syncState') ~ ')',
            'assigned_at': field(table, 'created', 'timestamp'),
        }}]) }}
    {%- endif -%}
    {%- set table = freshsales_identity.freshsales_idp_table(entry, ['log_events', 'logs', 'log', 'system_log', 'system_logs']) -%}
    {%- set native_type = field(table, 'eventType') -%}
    {%- set result = 'upper(' ~ field(table, 'outcome.result') ~ ')' -%}
    {{ return([{'table': table, 'columns': {
        'event_id': 'coalesce(' ~ field(table, 'uuid') ~ ', ' ~ field(table, 'id') ~ ')',
        'happened_at': field(table, 'published', 'timestamp'),
        'event_type': freshsales_identity.freshsales_idp_status(native_type, {
            'user.lifecycle.deactivate': 'left',
            'user.lifecycle.delete.completed': 'left',
            'user.lifecycle.activate': 'returned',
            'user.lifecycle.reactivate': 'returned',
            'user.lifecycle.unsuspend': 'returned',
            'user.lifecycle.suspend': 'suspended',
            'application.user_membership.add': 'app_assigned',
            'application.user_membership.remove': 'app_unassigned',
            'application.user_membership.deprovision': 'app_deprovisioned',
            'application.provision.user.deactivate': 'app_deprovisioned',
            'application.provision.user.deprovision': 'app_deprovisioned',
            'application.provision.user.reactivate': 'app_assigned',
            'user.authentication.sso': 'app_sign_in',
            'user.session.start': 'sign_in',
        }),
        'idp_user_id': "case when " ~ native_type ~ " in ('user.authentication.sso', 'user.session.start') then "
            ~ field(table, 'actor.id') ~ " else " ~ freshsales_identity.freshsales_idp_okta_target(entry, table, 'User') ~ " end",
        'app_id': freshsales_identity.freshsales_idp_okta_target(entry, table, 'AppInstance'),
        'result': "case when " ~ result ~ " in ('SUCCESS', 'ALLOW') then 'SUCCESS' when " ~ result ~ " in ('FAILURE', 'DENY') then 'FAILURE' end",
        'reason': field(table, 'outcome.reason'),
        'actor_id': field(table, 'actor.id'),
        'native_type': native_type,
    }}]) }}
{% endmacro %}

{#-
  The id of the target of an event with this type: from the column `target`, or from the table that a loader made of it.
-#}
{% macro freshsales_idp_okta_target(entry, table, type) %}
    {%- if not table.relation -%}{{ return('null') }}{%- endif -%}
    {%- if freshsales_identity.freshsales_idp_has(table, 'target') -%}
        {{ return(freshsales_identity.freshsales_json_pick(freshsales_identity.freshsales_idp_field(table, 'target', 'json'), 'type', type, 'id')) }}
    {%- endif -%}
    {%- set name = table.relation.identifier -%}
    {%- set targets = freshsales_identity.freshsales_idp_table(entry, [name ~ '__target', name ~ '_target', name ~ '_targets']) -%}
    {%- for parent, key in {'_dlt_parent_id': '_dlt_id', 'system_log_id': 'uuid', 'system_log_uuid': 'uuid'}.items() if freshsales_identity.freshsales_idp_has(targets, parent) -%}
        {{ return("(select max(targets.id) from " ~ targets.relation ~ " as targets where targets." ~ parent ~ " = raw." ~ key ~ " and targets.type = '" ~ type ~ "')") }}
    {%- endfor -%}
    {{ return('cast(null as ' ~ dbt.type_string() ~ ')') }}
{% endmacro %}
