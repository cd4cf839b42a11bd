{#- The staging model of a stream of CRM users: all owners, or those whose API key was used. -#}
{% macro freshsales_crm_users(stream) %}
    {{- freshsales_identity.freshsales_staging(
        stream,
        key=['id'],
        columns={
            'account': 'text',
            'id': 'integer',
            'uuid': 'text',
            'name': 'text',
            'display_name': 'text',
            'first_name': 'text',
            'last_name': 'text',
            'job_title': 'text',
            'email': 'text',
            'phone': 'text',
            'mobile': 'text',
            'work_number': 'text',
            'mobile_number': 'text',
            'role_id': 'integer',
            'roles': 'json',
            'territory_id': 'integer',
            'is_active': 'boolean',
            'time_zone': 'text',
            'language': 'text',
            'created_at': 'timestamp',
            'updated_at': 'timestamp',
            'additional_attributes': 'json',
            'sync_id': 'text',
        },
        names={'id': 'owner_id'},
        emails=['email'],
    ) -}}
{% endmacro %}
