{#-
  The flags of the review, heaviest first. This is the only place that says what a flag is: the columns and the score
  of access_review, review_flags, the report, the dashboard and the documents all follow it. A flag is added here, as a
  column of the step `flagged` in access_review, and as a column in access_review.yml.

  A flag that rests on providers can be raised only where an identity provider or a roster is loaded.
-#}
{% macro freshsales_review_flags() -%}
    {%- set percent = (var('freshsales_outlier_share') * 100) | round(1) | string | replace('.0', '') -%}
    {%- set days = var('freshsales_dormant_days') -%}
    {%- set flags = [] -%}
    {%- for name, weight, rests_on_providers, label, meaning in [
        ('has_left_still_active', 60, true, 'Left, still in', 'has left at the identity provider or on the roster, and still gets in here'),
        ('is_orphaned_owner', 50, false, 'Orphaned owner', 'gone or inactive in SSO, still active in the CRM'),
        ('is_unmanaged', 40, false, 'Bypasses SSO', 'can sign in to the CRM past SSO'),
        ('deprovisioning_failed', 30, true, 'Push failed', 'the identity provider could not take the account away'),
        ('is_unknown_to_idp', 30, true, 'Unknown to the IdP', 'the identity provider does not know them'),
        ('is_admin', 20, false, 'Administrator', 'is an administrator'),
        ('manager_is_gone', 15, false, 'Manager is gone', 'the manager is gone or inactive'),
        ('has_outlier_entitlement', 15, false, 'Unusual entitlement', 'holds what less than ' ~ percent ~ ' % of the department hold'),
        ('shares_email', 15, false, 'Shares an email', 'shares an email address with somebody else'),
        ('is_dormant', 15, true, 'Dormant', 'has not signed in for ' ~ days ~ ' days'),
        ('match_is_ambiguous', 10, false, 'Match to settle', 'more than one person may be behind it'),
        ('has_no_manager', 5, false, 'No manager', 'has no manager'),
        ('has_no_group', 5, false, 'In no group', 'is in no group'),
    ] -%}
        {%- do flags.append({
            'name': name, 'weight': weight, 'rests_on_providers': rests_on_providers, 'label': label, 'meaning': meaning
        }) -%}
    {%- endfor -%}
    {{- return(flags) -}}
{%- endmacro %}
