{{ config(schema=var('freshsales_staging_schema')) }}
{{ freshsales_identity.freshsales_require_receipts() }}

with source as (

    {{ freshsales_identity.freshsales_source('sync_receipts', {
        'sync_id': 'text',
        'account': 'text',
        'stream': 'text',
        'replication_method': 'text',
        'started_at': 'timestamp',
        'finished_at': 'timestamp',
        'is_complete': 'boolean',
        'incomplete_reason': 'text',
        'end_evidence': 'text',
        'consistency': 'text',
        'records': 'integer',
        'records_sent': 'integer',
        'inactive_records': 'integer',
        'duplicates_dropped': 'integer',
        'source_total_first': 'integer',
        'source_total': 'integer',
        'population_sha256': 'text',
        'sent_population_sha256': 'text',
        'request': 'text',
        'api_requests': 'integer',
        'passes': 'integer',
        'coercions': 'integer',
        'coercion_failures': 'integer',
        'replaced_characters': 'integer',
        'dropped_elements': 'integer',
        'oversized_cells': 'integer',
        'read_as': 'integer',
        'pseudonym_key_fingerprint': 'text',
        'tap_version': 'text',
    }) }}

),

-- A loader that appends may have written a receipt more than once.
numbered as (

    select
        *,
        row_number() over (
            partition by account, stream, sync_id
            order by finished_at desc, started_at desc
        ) as age
    from source
    -- Without these a receipt proves nothing, and a test reports it.
    where account is not null and stream is not null and sync_id is not null

),

renamed as (

    select
        sync_id,
        account,
        stream,
        replication_method,
        started_at,
        finished_at,
        is_complete,
        incomplete_reason,
        end_evidence,
        consistency,
        records,
        records_sent,
        inactive_records,
        duplicates_dropped,
        source_total_first,
        source_total,
        population_sha256,
        sent_population_sha256,
        request,
        api_requests,
        passes,
        coercions,
        coercion_failures,
        replaced_characters,
        dropped_elements,
        oversized_cells,
        read_as,
        pseudonym_key_fingerprint,
        tap_version
    from numbered
    where age = 1

)

select * from renamed
