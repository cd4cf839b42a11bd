{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_versions(
    side='scim',
    history=ref('int_freshsales__scim_user_history'),
    id='scim_user_id',
    columns=['display_name', 'email', 'is_active', 'department', 'manager', 'role_names'],
) }}
