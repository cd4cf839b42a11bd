{#-
  The words of a text: runs of letters in lower case, each between two spaces. `SalesAdmin`, `sales-admin` and
  `Sales 2 Admin` are two words each. A word that is negated (`non-admin`) is left out, together with the `non`.
-#}
{% macro freshsales_words(text) %}
    {{- return(adapter.dispatch('freshsales_words', 'freshsales_identity')(text)) -}}
{% endmacro %}

{% macro default__freshsales_words(text) -%}
    regexp_replace(
        concat(' ', lower(regexp_replace(
            regexp_replace({{ text }}, '([a-z])([A-Z])', '\1 \2', 'g'), '[^A-Za-z]+', ' ', 'g'
        )), ' '),
        ' (non|not|no) [a-z]+', ' ', 'g'
    )
{%- endmacro %}

{% macro snowflake__freshsales_words(text) -%}
    regexp_replace(
        concat(' ', lower(regexp_replace(
            regexp_replace({{ text }}, '([a-z])([A-Z])', '\\1 \\2'), '[^A-Za-z]+', ' '
        )), ' '),
        ' (non|not|no) [a-z]+', ' '
    )
{%- endmacro %}

{% macro bigquery__freshsales_words(text) -%}
    regexp_replace(
        concat(' ', lower(regexp_replace(
            regexp_replace({{ text }}, r'([a-z])([A-Z])', r'\1 \2'), '[^A-Za-z]+', ' '
        )), ' '),
        ' (non|not|no) [a-z]+', ' '
    )
{%- endmacro %}
