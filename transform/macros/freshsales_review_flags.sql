{#-
  The flags of the review, heaviest first. This is the only place that says what a flag is: the columns and the score
  of access_review, review_flags, the report, the dashboard and the documents all follow it. A flag is added here, as a
  column of the step `flagged` in access_review, as a column in access_review.yml, and with what it rests on in the step
  `evidence` of identity_flags.

  A flag that rests on providers can be raised only where an identity provider or a roster is loaded. A flag that does
  not call for a decision says how well the directory is kept: alone, it puts nobody on the list.
-#}
{% macro freshsales_review_flags() -%}
    {%- set percent = (var('freshsales_outlier_share') * 100) | round(1) | string | replace('.0', '') -%}
    {%- set days = var('freshsales_dormant_days') -%}
    {%- set flags = [] -%}
    {%- for name, weight, rests_on_providers, calls_for_decision, label, meaning in [
        ('has_left_still_active', 60, true, true, 'Left, still in', 'has left at the identity provider or on the roster, and still gets in here'),
        ('is_orphaned_owner', 50, false, true, 'Orphaned owner', 'gone or inactive in SSO, still active in the CRM'),
        ('is_unmanaged', 40, false, true, 'Bypasses SSO', 'can sign in to the CRM past SSO'),
        ('deprovisioning_failed', 30, true, true, 'Push failed', 'the identity provider could not take the account away'),
        ('is_unknown_to_idp', 30, true, true, 'Unknown to the IdP', 'the identity provider does not know them'),
        ('is_admin', 20, false, true, 'Administrator', 'is an administrator'),
        ('manager_is_gone', 15, false, true, 'Manager is gone', 'the manager is gone or inactive'),
        ('has_outlier_entitlement', 15, false, true, 'Unusual entitlement', 'holds what less than ' ~ percent ~ ' % of those with the same job hold'),
        ('shares_email', 15, false, true, 'Shares an email', 'shares an email address with somebody else'),
        ('is_dormant', 15, true, true, 'Dormant', 'has not signed in for ' ~ days ~ ' days'),
        ('match_is_ambiguous', 10, false, true, 'Match to settle', 'more than one person may be behind it'),
        ('has_no_manager', 5, false, false, 'No manager', 'has no manager'),
        ('has_no_group', 5, false, false, 'In no group', 'is in no group'),
    ] -%}
        {%- do flags.append({
            'name': name, 'weight': weight, 'rests_on_providers': rests_on_providers,
            'calls_for_decision': calls_for_decision, 'label': label, 'meaning': meaning
        }) -%}
    {%- endfor -%}
    {{- return(flags) -}}
{%- endmacro %}
