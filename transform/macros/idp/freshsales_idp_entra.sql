{#- Microsoft Entra ID: users, appRoleAssignedTo and logs of Microsoft Graph v1.0, from the vendor's documentation. Never run on a tenant. -#}
{% macro freshsales_idp_entra(entry, object) %}
    {%- set field = freshsales_identity.freshsales_idp_field -%}
    {%- if object == 'users' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['users', 'user']) -%}
        {%- set status = "case " ~ field(table, 'accountEnabled', 'boolean') ~ " when true then 'enabled' when false then 'disabled' end" -%}
        {%- set success = field(table, 'signInActivity.lastSuccessfulSignInDateTime', 'timestamp') -%}
        {%- set attempt = field(table, 'signInActivity.lastSignInDateTime', 'timestamp') -%}
        {{ return([{'table': table, 'columns': {
            'idp_user_id': field(table, 'id'),
            'login': field(table, 'userPrincipalName'),
            'email': 'lower(' ~ field(table, 'mail') ~ ')',
            'alias': field(table, 'mailNickname'),
            'immutable_id': field(table, 'onPremisesImmutableId'),
            'employee_number': field(table, 'employeeId'),
            'display_name': field(table, 'displayName'),
            'department': field(table, 'department'),
            'native_status': status,
            'idp_status': "case when " ~ field(table, 'deletedDateTime') ~ " is not null then 'deleted' else "
                ~ freshsales_identity.freshsales_idp_status(status, {'enabled': 'active', 'disabled': 'disabled'}) ~ " end",
            'has_left': '(' ~ freshsales_identity.freshsales_idp_has_left(entry, '(' ~ status ~ ')') ~ ') or (' ~ field(table, 'deletedDateTime') ~ ' is not null)',
            'status_changed_at': field(table, 'deletedDateTime', 'timestamp'),
            'left_on': field(table, 'employeeLeaveDateTime', 'date'),
            'last_login_at': 'coalesce(' ~ success ~ ', ' ~ attempt ~ ')',
            'last_login_kind': "case when " ~ success ~ " is not null then 'success' when " ~ attempt ~ " is not null then 'attempt' end",
            'created_at': field(table, 'createdDateTime', 'timestamp'),
        }}]) }}
    {%- elif object == 'app_assignments' -%}
        {%- set table = freshsales_identity.freshsales_idp_table(entry, ['app_role_assigned_to', 'app_role_assignments', 'app_role_assignment']) -%}
        {%- set is_user = "case when lower(" ~ field(table, 'principalType') ~ ") = 'user' then " -%}
        {{ return([{'table': table, 'columns': {
            'app_id': field(table, 'resourceId'),
            'idp_user_id': is_user ~ field(table, 'principalId') ~ ' end',
            'scope': 'lower(' ~ field(table, 'principalType') ~ ')',
            'assigned_at': field(table, 'createdDateTime', 'timestamp'),
        }}]) }}
    {%- endif -%}
    {%- set sign_ins = freshsales_identity.freshsales_idp_table(entry, ['sign_ins', 'signins', 'audit_logs_sign_ins']) -%}
    {%- set provisioning = freshsales_identity.freshsales_idp_table(entry, ['provisioning', 'provisioning_logs', 'audit_logs_provisioning']) -%}
    {%- set audits = freshsales_identity.freshsales_idp_table(entry, ['directory_audits', 'audit_logs_directory_audits']) -%}
    {{ return([
        {'table': sign_ins, 'columns': {
            'event_id': field(sign_ins, 'id'),
            'happened_at': field(sign_ins, 'createdDateTime', 'timestamp'),
            'event_type': "cast('app_sign_in' as " ~ dbt.type_string() ~ ")",
            'idp_user_id': field(sign_ins, 'userId'),
            'app_id': 'coalesce(' ~ field(sign_ins, 'resourceServicePrincipalId') ~ ', ' ~ field(sign_ins, 'appId') ~ ')',
            'result': "case when " ~ field(sign_ins, 'status.errorCode') ~ " = '0' then 'SUCCESS' when " ~ field(sign_ins, 'status.errorCode') ~ " is not null then 'FAILURE' end",
            'reason': field(sign_ins, 'status.failureReason'),
            'actor_id': field(sign_ins, 'userId'),
            'native_type': "cast('signIn' as " ~ dbt.type_string() ~ ")",
        }},
        {'table': provisioning, 'columns': {
            'event_id': field(provisioning, 'id'),
            'happened_at': field(provisioning, 'activityDateTime', 'timestamp'),
            'event_type': freshsales_identity.freshsales_idp_status('lower(' ~ field(provisioning, 'provisioningAction') ~ ')', {
                'create': 'app_assigned', 'disable': 'app_deprovisioned', 'delete': 'app_deprovisioned', 'stageddelete': 'app_deprovisioned',
            }),
            'idp_user_id': field(provisioning, 'sourceIdentity.id'),
            'app_id': field(provisioning, 'servicePrincipal.id'),
            'result': freshsales_identity.freshsales_idp_status('lower(' ~ field(provisioning, 'provisioningStatusInfo.status') ~ ')', {'success': 'SUCCESS', 'failure': 'FAILURE'}),
            'reason': field(provisioning, 'provisioningStatusInfo.errorInformation.reason'),
            'actor_id': field(provisioning, 'initiatedBy.id'),
            'native_type': field(provisioning, 'provisioningAction'),
        }},
        {'table': audits, 'columns': {
            'event_id': field(audits, 'id'),
            'happened_at': field(audits, 'activityDateTime', 'timestamp'),
            'event_type': freshsales_identity.freshsales_idp_status(field(audits, 'activityDisplayName'), {
                'Disable account': 'left', 'Delete user': 'left', 'Enable account': 'returned', 'Restore user': 'returned',
            }),
            'idp_user_id': freshsales_identity.freshsales_json_pick(field(audits, 'targetResources', 'json'), 'type', 'User', 'id'),
            'result': freshsales_identity.freshsales_idp_status('lower(' ~ field(audits, 'result') ~ ')', {'success': 'SUCCESS', 'failure': 'FAILURE'}),
            'reason': field(audits, 'resultReason'),
            'actor_id': field(audits, 'initiatedBy.user.id'),
            'native_type': field(audits, 'activityDisplayName'),
        }},
    ]) }}
{% endmacro %}
