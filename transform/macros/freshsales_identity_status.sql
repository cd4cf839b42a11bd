{#-
  One word for both sides; SCIM speaks first. Absence is only told of a side that was read completely: `is_read` says
  so for each.
-#}
{% macro freshsales_identity_status(scim_status, crm_status, scim_is_read, crm_is_read) -%}
    case
        when {{ scim_status }} = 'removed' then 'removed'
        when {{ scim_status }} = 'inactive' then 'deactivated'
        when {{ scim_status }} = 'active'
            then case
                when {{ crm_is_read }} and coalesce({{ crm_status }}, 'removed') = 'removed' then 'not_an_owner'
                else 'active'
            end
        when coalesce({{ crm_status }}, 'removed') = 'removed' then 'removed'
        when {{ crm_status }} = 'inactive' then 'deactivated'
        when {{ scim_is_read }} then 'unmanaged'
        else 'active'
    end
{%- endmacro %}
