{#-
  What is true of every row of a model, in one test, because a build spends more time on each test than on its query:
  `unique` are the columns that no two rows have in common; `never_null` always have a value; `one_of` maps a column to
  the values it may have, where it has one. `told` says what is wrong with a row.
-#}
{% test holds(model, unique=[], never_null=[], one_of={}) %}
{%- set broken = [] -%}
{%- set words = [] -%}
{%- if never_null -%}
    {%- set is_null = [] -%}
    {%- set names = [] -%}
    {%- for column in never_null -%}
        {%- do is_null.append('failing.' ~ column ~ ' is null') -%}
        {%- do names.append("case when failing." ~ column ~ " is null then ' " ~ column ~ "' else '' end") -%}
    {%- endfor -%}
    {%- do broken.append(is_null | join(' or ')) -%}
    {%- do words.append("' and lacks' || " ~ names | join(' || ')) -%}
{%- endif -%}
{%- for column, values in one_of.items() -%}
    {%- do broken.append('failing.' ~ column ~ ' not in (' ~ freshsales_identity.freshsales_texts(values) ~ ')') -%}
    {%- do words.append("' and has another " ~ column ~ "'") -%}
{%- endfor -%}
{%- if unique -%}
    {%- do broken.append('failing.freshsales_times > 1') -%}
    {%- do words.append("' and is not the only one of its " ~ unique | join(', ') ~ "'") -%}
{%- endif -%}
select
    failing.*,
    substring(
        {%- for one in broken %}
        case when {{ one }} then {{ words[loop.index0] }} else '' end{{ ' ||' if not loop.last }}
        {%- endfor %},
        6
    ) as told
from (
    select
        {{ 'checked.*,' if unique else 'checked.*' }}
        {%- if unique %}
        count(*) over (partition by {{ unique | join(', ') }}) as freshsales_times
        {%- endif %}
    from (select * from {{ model }}) as checked
) as failing
where {{ broken | join(' or ') }}
{% endtest %}
