{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_versions(
    side='crm',
    history=ref('int_freshsales__owner_history'),
    id='owner_id',
    columns=['display_name', 'email', 'is_active', 'role_id', 'roles', 'role_names'],
) }}
