{#-
  Whether the name of a role says that its holder is an administrator: by one of the words of `freshsales_admin_words`,
  as a whole word in any letter case, or by its exact name. A word after `non`, `not` or `no` does not count.
-#}
{% macro freshsales_names_an_administrator(name) -%}
    {%- set words = freshsales_identity.freshsales_words(name) -%}
    (
        lower(trim({{ name }})) in ({{ freshsales_identity.freshsales_texts(var('freshsales_admin_roles') | map('lower')) }})
        or (
            lower(trim({{ name }})) not in ({{ freshsales_identity.freshsales_texts(var('freshsales_not_admin_roles') | map('lower')) }})
            and (
                {%- for word in var('freshsales_admin_words') %}
                {{ words }} like '% {{ modules.re.sub('[^a-z]+', ' ', word | lower) }} %' {{ 'or' if not loop.last }}
                {%- else %}
                false
                {%- endfor %}
            )
        )
    )
{%- endmacro %}

{#- Texts for `in`. The empty text stands for no text. -#}
{% macro freshsales_texts(texts) -%}
    {%- for text in texts %}'{{ text | trim | replace("'", "''") }}'{{ ', ' if not loop.last }}{% else %}''{% endfor -%}
{%- endmacro %}
