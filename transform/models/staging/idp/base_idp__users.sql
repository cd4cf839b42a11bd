{{ config(schema=var('freshsales_staging_schema')) }}

{{ freshsales_identity.freshsales_idp_rows('users') }}
