"""What a placeholder means is one cell, or an error that says why not: never another column, a method or a word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import InputError
from tests.compose.builders import composed, table

if TYPE_CHECKING:
    from pathlib import Path


def prompts(folder: Path, content: str, template: str, name: str = "t.csv", **choices: Any) -> list[str]:
    """The prompts of a table, which nothing is wrong with."""
    made, problems = composed(table(folder, content, name), template, **choices)
    assert problems == []
    return [each["params"]["messages"][0]["content"] for each in made]


CLASHES = {
    "a blank and a dash": ("Order ID,Order-ID", "{{ Order_ID }}", ("Order ID", "Order-ID")),
    "a name beside one that is none": ("Order_ID,Order ID", "{{ Order_ID }}", ("Order_ID", "Order ID")),
    "a dot and a blank": ("a.b,a b", "{{ a_b }}", ("a.b", "a b")),
    "digits in front": ("2nd,_2nd", "{{ _2nd }}", ("2nd", "_2nd")),
    "signs at the end": ("price,price ($)", "{{ price }} {{ price____ }}", ()),
    "in a condition": ("x y,x-y", "{% if x_y %}a{% endif %}b", ("x y", "x-y")),
    "in the system prompt": ("x y,x/y", "+++\nsystem = 'S {{ x_y }}'\n+++\nAsk", ("x y", "x/y")),
}


@pytest.mark.parametrize("name", [name for name in CLASHES if CLASHES[name][2]])
def test_two_columns_of_one_placeholder_are_an_error_that_names_both(name: str, tmp_path: Path) -> None:
    header, template, both = CLASHES[name]
    with pytest.raises(InputError) as raised:
        composed(table(tmp_path, f"id,{header}\n1,a,b\n"), template)
    for column in both:
        assert f'"{column}"' in raised.value.message
        assert f'row["{column}"]' in raised.value.hint


def test_each_of_two_such_columns_can_be_reached(tmp_path: Path) -> None:
    template = '{{ row["Order ID"] }} {{ row["Order-ID"] }}'
    assert prompts(tmp_path, "id,Order ID,Order-ID\n1,a,b\n", template) == ["a b"]


def test_columns_that_the_template_does_not_use_may_clash(tmp_path: Path) -> None:
    assert prompts(tmp_path, "id,Order ID,Order-ID,text\n1,a,b,c\n", "Say {{ text }}") == ["Say c"]


def test_an_id_column_that_could_be_two_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two columns"):
        composed(table(tmp_path, "Order ID,Order-ID,text\n1,2,x\n"), "Say {{ text }}", id="Order_ID")


ORDER = {"items": ["apple", "pear"], "values": 3, "keys": {"get": "got"}, "total": 5}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{ order.items }} {{ order["values"] }}', '["apple", "pear"] 3'), ("{{ order.keys.get }}", "got"),
        ("{% for item in order.items %}{{ item }},{% endfor %}", "apple,pear,"), ("{{ row.order.values }}", "3"),
        ("{% set o = order %}{{ o.items | join('+') }}", "apple+pear"), ("{{ order.items | length }}", "2"),
    ],
)  # fmt: skip
def test_the_keys_of_an_object_are_data(template: str, expected: str, tmp_path: Path) -> None:
    line = json.dumps({"id": "o1", "order": ORDER})
    assert prompts(tmp_path, line + "\n", template, "t.jsonl") == [expected]


@pytest.mark.parametrize("template", ["{{ order.items }}", "{{ order.copy }}!", "{{ text.upper }}", "{{ row.keys }}"])
def test_a_method_is_an_error_and_never_sent(template: str, tmp_path: Path) -> None:
    line = json.dumps({"id": "o1", "order": {"total": 5}, "text": "x"})
    made, [problem] = composed(table(tmp_path, line + "\n", "t.jsonl"), template)
    assert (made, "function" in problem.message) == ([], True)


@pytest.mark.parametrize(
    "name", ["row", "range", "dict", "loop", "namespace", "cycler", "items", "input_data", "undefined"]
)
def test_a_column_is_its_cell_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    assert prompts(tmp_path, f"id,{name},text\n1,A7,hello\n", f"Row: {{{{ {name} }}}}") == ["Row: A7"]
    assert prompts(tmp_path, f"id,{name},text\n1,A7,hello\n", f"{{% if text %}}{{{{ {name} }}}}{{% endif %}}") == ["A7"]


@pytest.mark.parametrize("name", ["none", "None", "true", "True", "false", "self"])
@pytest.mark.parametrize(
    "form", ["{{ NAME }}", "a {{NAME}} b", "{{ NAME | upper }}", "{% if text %}{{ NAME }}{% endif %}"]
)
def test_a_column_called_like_a_word_of_the_language_is_an_error(name: str, form: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        composed(table(tmp_path, f"id,{name},text\n1,A7,hello\n"), form.replace("NAME", name))
    assert f'row["{name}"]' in raised.value.hint
    assert prompts(tmp_path, f"id,{name},text\n1,A7,hello\n", f'{{{{ row["{name}"] }}}}') == ["A7"]


def test_words_of_the_language_stay_what_they_are_where_no_column_is_called_so(tmp_path: Path) -> None:
    template = "{% if text is none or text == true %}a{% else %}b{% endif %}{{ text }}"
    assert prompts(tmp_path, "id,text\n1,x\n", template) == ["bx"]


DOTTED = "custom_id,outcome,answer,answer.score,answer.why.long,request.prompt\nr1,succeeded,text,5,because,Ask me\n"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ request.prompt }}", "Ask me"), ("{{ answer }}: {{ answer.score }}", "text: 5"),
        ("{{ answer.why.long }}", "because"), ("{{ request.prompt | upper }}", "ASK ME"),
        ("{% if answer.score == '5' %}{{ request.prompt }}{% endif %}", "Ask me"), ("{{ request_prompt }}", "Ask me"),
        ("{% set p = request.prompt %}{{ p.lower() }}", "ask me"), ('{{ row["answer.score"] }}', "5"),
    ],
)  # fmt: skip
def test_dotted_columns_work_as_they_are_written(template: str, expected: str, tmp_path: Path) -> None:
    assert prompts(tmp_path, DOTTED, template) == [expected]


def test_dotted_columns_of_json_do_not_hide_what_lies_in_objects(tmp_path: Path) -> None:
    line = json.dumps({"a.b": "column", "a": {"b": "inside", "c": "deep"}})
    assert prompts(tmp_path, line + "\n", "{{ a.b }} {{ a.c }}", "t.jsonl") == ["column deep"]
    template = "{% for a in list %}{{ a.b }}{% endfor %}"
    line = json.dumps({"a.b": "column", "list": [{"b": "item"}]})
    assert prompts(tmp_path, line + "\n", template, "t.jsonl") == ["item"]


def test_a_dotted_column_that_is_missing_is_named_whole(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'no "answer.scor"; did you mean "answer.score"'):
        composed(table(tmp_path, DOTTED.replace("answer,", "said,", 1)), "{{ answer.scor }}")


def parquet(folder: Path, sql: str) -> str:
    duckdb = pytest.importorskip("duckdb")
    path = folder / "t.parquet"
    duckdb.sql(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    return str(path)


def test_a_whole_row_has_no_nan_in_its_json(tmp_path: Path) -> None:
    from batchtui.compose import TableOptions, open_table

    path = parquet(
        tmp_path,
        "SELECT 'a' AS id, 'nan'::double AS score, '-inf'::float AS low, [1.5, 'nan'::double] AS l,"
        " {'x': 'inf'::double} AS s",
    )
    for template in ("Row: {{ input_data }}", "Row: {{ row }}", "Row: {{ row | tojson }}"):
        [made], _ = composed(open_table(path, TableOptions()), template)
        text = made["params"]["messages"][0]["content"].removeprefix("Row: ")
        values = json.loads(text, parse_constant=pytest.fail)
        assert values == {"id": "a", "score": None, "low": None, "l": [1.5, None], "s": {"x": None}}
    [made], [problem] = composed(open_table(path, TableOptions()), "Score <{{ score }}>")
    assert (made["params"]["messages"][0]["content"], problem.code) == ("Score <>", "empty-cell")


@pytest.mark.parametrize("names", [("a", "A"), ("Text", "text", "TEXT"), ("ä", "Ä"), ("a", "A", "A_1")])
def test_columns_of_parquet_that_differ_in_case_stay_what_they_are(names: tuple[str, ...], tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from batchtui.compose import TableOptions, open_table

    pytest.importorskip("duckdb")
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"s": [{"x": 1, "X": 2}], **{name: [f"cell {name}"] for name in names}}), path)
    source = open_table(str(path), TableOptions())
    assert source.columns == ("s", *names)
    [made], _ = composed(source, " ".join(f"{name}={{{{ {name} }}}}" for name in names))
    assert made["params"]["messages"][0]["content"] == " ".join(f"{name}=cell {name}" for name in names)


EMPTY = "id,subject,body\n1,a,b\n2,,c\n3, ,d\n4,e,\n"


def test_blank_cells_that_the_prompt_uses_are_counted_with_their_lines(tmp_path: Path) -> None:
    made, problems = composed(table(tmp_path, EMPTY), "About {{ subject }}: {{ body }}")
    assert len(made) == 4
    assert [(each.code, each.message.split('"')[1], each.count, each.lines) for each in problems] == [
        ("empty-cell", "subject", 2, (3, 4)), ("empty-cell", "body", 1, (5,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "template",
    [
        "About {{ body | default('nothing', true) }}", "{% if subject %}About {{ subject }}{% endif %} this",
        "About {{ subject or 'nothing' }}", "Only {{ id }}", "{{ 'x' if not subject else subject }} this",
    ],
)  # fmt: skip
def test_blank_cells_that_the_template_reckons_with_are_no_warning(template: str, tmp_path: Path) -> None:
    assert composed(table(tmp_path, EMPTY), template)[1] == []
