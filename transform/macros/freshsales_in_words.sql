{#- The day of a time (UTC), and a kind of resource, in the words of the reasons. -#}
{% macro freshsales_day_in_words(moment) -%}
    cast(cast({{ moment }} as date) as {{ dbt.type_string() }})
{%- endmacro %}

{% macro freshsales_resource_in_words(resource_type, resource_name) -%}
    concat(
        case {{ resource_type }}
            when 'crm_role' then 'CRM role '
            when 'crm_territory' then 'territory '
            when 'scim_group' then 'group '
            when 'scim_role' then 'SCIM role '
            else 'SCIM entitlement '
        end,
        {{ resource_name }}
    )
{%- endmacro %}

{#- A job of int_freshsales__outliers: "with the title engineer in Support". -#}
{% macro freshsales_job_in_words(peers_by, job, department) -%}
    concat(
        case {{ peers_by }}
            when 'title' then concat('with the title ', {{ job }}, ' ')
            when 'crm_role' then concat('with the CRM role ', {{ job }}, ' ')
            else ''
        end,
        'in ',
        {{ department }}
    )
{%- endmacro %}
