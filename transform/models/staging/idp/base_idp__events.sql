{{ config(schema=var('freshsales_staging_schema')) }}

with listed as (

    {{ freshsales_identity.freshsales_idp_rows('events') }}

)

-- Everything else that a log says about people stays where it was loaded. All rows of our own pipeline are kept,
-- because its receipts count them.
select * from listed
where event_type is not null or load_id is not null
