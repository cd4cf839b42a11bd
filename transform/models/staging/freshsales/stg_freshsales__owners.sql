{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_crm_users('owners') }}
