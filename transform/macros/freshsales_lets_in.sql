{#- Whether a side lets a person in: the person is on it, and is not known to be inactive. -#}
{% macro freshsales_lets_in(status) -%}
    coalesce({{ status }} in ('active', 'unknown'), false)
{%- endmacro %}

{#- Whether an entitlement is of use: the side that grants it lets the person in. `person` has what each side says. -#}
{% macro freshsales_is_usable(entitlement, person) -%}
    case
        when {{ entitlement }}.resource_type in ('crm_role', 'crm_territory') then {{ person }}.can_use_crm
        else {{ person }}.can_use_scim
    end
{%- endmacro %}

{#-
  Whether a person gets in by a side at all; null if a side lists the person and does not say whether the person is
  active. `identity` is a row of identities.
-#}
{% macro freshsales_gets_in(identity) -%}
    case
        when coalesce({{ identity }}.crm_status, '') = 'active' or coalesce({{ identity }}.scim_status, '') = 'active' then true
        when coalesce({{ identity }}.crm_status, '') <> 'unknown' and coalesce({{ identity }}.scim_status, '') <> 'unknown'
            then false
    end
{%- endmacro %}
