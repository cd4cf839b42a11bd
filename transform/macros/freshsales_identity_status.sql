{#-
  One word for both sides; SCIM speaks first. Absence is only told of a side that was read completely: `is_read` says
  so for each. `unknown` on a side means: is there, and nothing says whether it is active.
-#}
{% macro freshsales_identity_status(scim_status, crm_status, scim_is_read, crm_is_read) -%}
    case
        when {{ scim_status }} = 'removed' then 'removed'
        when {{ scim_status }} = 'inactive' then 'deactivated'
        when {{ scim_status }} is not null
            then case
                when {{ crm_is_read }} and coalesce({{ crm_status }}, 'removed') = 'removed' then 'not_an_owner'
                when {{ crm_status }} = 'inactive' then 'inactive_in_crm'
                when 'active' in ({{ scim_status }}, {{ crm_status }}) then 'active'
                else 'unknown'
            end
        when coalesce({{ crm_status }}, 'removed') = 'removed' then 'removed'
        when {{ crm_status }} = 'inactive' then 'deactivated'
        when {{ scim_is_read }} then 'unmanaged'
        when {{ crm_status }} = 'active' then 'active'
        else 'unknown'
    end
{%- endmacro %}

{#- One word for one side. -#}
{% macro freshsales_side_status(is_present, is_active) -%}
    case
        when not {{ is_present }} then 'removed'
        when {{ is_active }} then 'active'
        when not {{ is_active }} then 'inactive'
        else 'unknown'
    end
{%- endmacro %}
