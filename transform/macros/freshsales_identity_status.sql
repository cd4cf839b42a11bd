{#-
  One status for both sides; the SCIM side comes first. A person counts as absent only on a side that was read
  completely: `is_read` says so for each side. `unknown` on a side means that the person is there, and nothing says
  whether they are active.
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

{#- The status on one side. -#}
{% macro freshsales_side_status(is_present, is_active) -%}
    case
        when not {{ is_present }} then 'removed'
        when {{ is_active }} then 'active'
        when not {{ is_active }} then 'inactive'
        else 'unknown'
    end
{%- endmacro %}
