{{ config(schema=var('freshsales_staging_schema')) }}

with listed as (

    {{ freshsales_identity.freshsales_idp_rows('events') }}

)

-- What else a log tells of people stays where it was loaded. The rows of our own pipeline are all kept: its receipts
-- count them.
select * from listed
where event_type is not null or load_id is not null
