-- The run that a stream was read by last, receipt against rows. `freshsales-review verify` says what to do.
-- Nothing is built on this test: the marts of the other accounts are there, and those of this one count the
-- read for incomplete. The message names the accounts, because dbt shows a number of rows alone.
{% set differing %}
    select account, stream, rows_sent, rows_in_warehouse
    from {{ ref('data_quality') }}
    where is_latest_run and has_receipt and (not population_matches or rows_in_warehouse <> rows_sent)
    order by account, stream
{% endset %}
{%- if execute %}
    {%- set found = run_query(differing).rows %}
    {%- set told = [] %}
    {%- for account, stream, sent, held in found[:20] %}
        {%- do told.append(account ~ ' ' ~ stream ~ ' (' ~ sent ~ ' sent, ' ~ held ~ ' here)') %}
    {%- endfor %}
    {%- if told %}
        {{- exceptions.raise_compiler_error(
            "The warehouse does not hold the rows that were sent: " ~ told | join(', ')
            ~ (' and ' ~ (found | length - 20) ~ ' more' if found | length > 20 else '')
            ~ ". Load again; `freshsales-review verify` tells the whole."
        ) }}
    {%- endif %}
{%- endif %}
{{ differing }}
