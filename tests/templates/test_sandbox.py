"""A template cannot get out of its sandbox, nor take more time or memory than it is given; data is always data."""

from __future__ import annotations

import math
import os
import resource
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from batchtui.templates import InvalidTemplate, TemplateText, render_process
from batchtui.templates.values import as_json

ESCAPES = (
    "{{ ''.__class__.__mro__ }}", "{{ x.__init__.__globals__ }}", "{{ self.__class__ }}", "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}", "{{ cycler.__init__.__globals__.os }}", "{{ ''|attr('__class__') }}",
    "{{ [].append(1) or ''.mro() }}",
)  # fmt: skip

OVER = "{{% set n = namespace(v=x) %}}{{% for i in range(60) %}}{}{{% endfor %}}{{{{ n.v }}}}"
NESTED = "{{% for i in range(99999) %}}{{% for j in range(99999) %}}{}{{% endfor %}}{{% endfor %}}"
ENDED = r"prompt.*: .*(long|large|many|seconds|MB|big|without end|range|not formatted|safe)"
TRICKS = {
    "a text joined to itself": OVER.format("{% set n.v = n.v ~ n.v %}"),
    "a text joined to itself, sixty times in a row": "{% set s = x %}" + "{% set s = s ~ s %}" * 60 + "{{ s }}",
    "a text added to itself": "{% set s = x %}" + "{% set s = s + s %}" * 60 + "{{ s }}",
    "a list added to itself": "{% set s = [x] %}" + "{% set s = s + s %}" * 60 + "{{ s }}",
    "a list that takes itself in": OVER.format("{{ n.v.extend(n.v) or '' }}").replace("v=x", "v=[x]"),
    "nested loops that write": NESTED.format("xxxxxxxxxxxxxxxx"),
    "nested loops that write nothing": NESTED.format(""),
    "a slice of what is constant": "{{ [1] | slice(1000000000) | list | length }}",
    "a batch filled up": "{{ [1] | batch(10**9, 'x') | list }}",
    "a long replacement": "{{ x.replace('v', 'y' * 10**6).replace('y', 'y' * 10**6) }}",
    "a replacement by a filter": "{{ (x * 1000) | replace('v', 'y' * 10**6) | replace('y', 'z' * 10**6) }}",
    "repetition": "{{ 'x' * 10**9 }}",
    "repetition of a list": "{{ [0] * 10**9 }}",
    "a format's width": "{{ '%1000000000d' % 1 }}",
    "a format method's width": "{{ '{:>1000000000}'.format(1) }}",
    "a padding method": "{{ 'x'.ljust(10**9) }}",
    "a zero filling method": "{{ 'x'.zfill(10**9) }}",
    "tabs": "{{ ('\t' * 10**6).expandtabs(10**6) }}",
    "a long separator": "{{ range(99999) | join('y' * 10**6) }}",
    "a joining method": "{{ ('y' * 10**6).join(x * 10**6) }}",
    "replacements of replacements": "{{ x " + "| replace('v', 'vvvvv')" * 30 + " }}",
    "JSON of JSON": "{{ x" + " | tojson" * 60 + " }}",
    "a wrapped text": "{{ ('x ' * 10**6) | wordwrap(1, wrapstring='y' * 10**6) }}",
    "an indented text": "{{ ('\n' * 10**6) | indent('y' * 1000, blank=true) }}",
    "a deep JSON": "{{ range(99999) | list | tojson(indent=10**6) }}",
    "a power": "{{ 2 ** (10**9) }}",
    "a power of powers": OVER.format("{% set n.v = n.v * n.v %}").replace("v=x", "v=9**99"),
    "a long range": "{{ range(10**9) | list }}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a loop that calls itself": "{% for i in [[[1]]] recursive %}{{ loop([i, [i]]) }}{% endfor %}",
    "a translation": "{{ (x * 10**6).translate({118: 'y' * 10**6}) }}",
}


@pytest.mark.parametrize("text", ESCAPES)
def test_nothing_leads_out_of_the_sandbox(text: str) -> None:
    with pytest.raises(InvalidTemplate):
        TemplateText(text).fill({"x": "value"})


@pytest.fixture(autouse=True)
def _a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortest time that the system can be told to give a process, so that the tests wait for no more."""
    monkeypatch.setattr(render_process, "CPU_SECONDS", 0)


@pytest.mark.long
@pytest.mark.parametrize("name", TRICKS)
def test_a_runaway_template_ends_with_a_sentence(name: str) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(
        InvalidTemplate, match=r"prompt.*: .*(long|large|many|seconds|MB|big|without end|range|not formatted|safe)"
    ):
        TemplateText(TRICKS[name]).fill({"x": "v"})
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000


def test_after_a_trick_the_next_template_is_rendered() -> None:
    with pytest.raises(InvalidTemplate):
        TemplateText("{{ x.replace('v', 'y' * 10**6).replace('y', 'y' * 10**6) }}").fill({"x": "v"})
    assert TemplateText("{% set a = x %}{{ a.upper() }}").fill({"x": "v"}) == "V"


def test_a_template_that_never_ends_is_given_up_after_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_process, "MOST_FAILURES", 1)
    text = TemplateText(NESTED.format("") + "{{ x }}")
    with pytest.raises(InvalidTemplate, match="simplify it"):
        text.fill({"x": "v"})
    began = time.process_time()
    for _ in range(100):
        with pytest.raises(InvalidTemplate, match="not rendered any more"):
            text.fill({"x": "v"})
    assert time.process_time() - began < 1


WILD = "{% set n = namespace(t='') %}{% for i in items %}{% set n.t = n.t ~ i %}{% endfor %}{{ n.t }}"


def test_rendering_in_the_process_gives_what_jinja_gives_here() -> None:
    values: dict[str, Any] = {"items": ["ü", 1, 2.5, None, True, Decimal("1.50")], "x": {"k": ["v"]}}
    assert TemplateText(WILD).fill(values) == "ü12.5NoneTrue1.50"
    assert TemplateText("{% set y = x %}{{ y }} {{ y.k }}").fill(values) == '{"k": ["v"]} ["v"]'
    with pytest.raises(InvalidTemplate, match=r"prompt, line 2: .*no attribute .nope."):
        TemplateText("{% set y = x %}\n{{ y.nope }}").fill(values)


def test_several_threads_render_at_once() -> None:
    outcomes: list[bool] = []

    def work(name: str) -> None:
        outcomes.extend(TemplateText(WILD).fill({"items": [name, at]}) == f"{name}{at}" for at in range(50))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(outcomes), all(outcomes)) == (200, True)


def test_a_process_that_was_killed_is_replaced() -> None:
    assert TemplateText(WILD).fill({"items": "a"}) == "a"
    process = render_process._current
    assert process is not None
    os.kill(process._process.pid, 9)
    with pytest.raises(InvalidTemplate):
        TemplateText(WILD).fill({"items": "b"})
    assert TemplateText(WILD).fill({"items": "c"}) == "c"


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }}", "{{ x | upper }}", "{% if x %}{{ x }}{% endif %}", "{% for i in items %}{{ i }}{% endfor %}",
        "{{ x | default('none') }}", "{{ x | replace('a', 'b') }}", "{{ order.items }}", "{{ x | tojson }}",
    ],
)  # fmt: skip
def test_usual_templates_need_no_process(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_process, "render", None)
    TemplateText(text).fill({"x": "a", "items": [1], "order": {"items": 2}})


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "pop", "update", "copy", "count", "x"])
@pytest.mark.parametrize(
    "text",
    ["{{ o.NAME }}", "{{ o['NAME'] }}", "{% set p = o %}{{ p.NAME }}", "{{ [o] | map(attribute='NAME') | first }}"],
)
def test_the_keys_of_a_dict_win_over_its_methods(name: str, text: str) -> None:
    assert TemplateText(text.replace("NAME", name)).fill({"o": {name: "cell"}}) == "cell"


@pytest.mark.parametrize(
    "text",
    ["{{ o.items }}", "{{ o['items'] }}", "{{ x.upper }}", "{{ o.list.count }}", "{{ range }}", "{{ namespace }}"],
)
def test_a_function_is_never_written_into_a_prompt(text: str) -> None:
    with pytest.raises(InvalidTemplate, match=r"function|no value"):
        TemplateText(text).fill({"o": {"list": []}, "x": "a"})


def test_an_unfinished_expression_says_how_to_get_its_text() -> None:
    with pytest.raises(InvalidTemplate, match=r"join\(', '\)"):
        TemplateText("{{ o | map('upper') }}").fill({"o": ["a"]})
    assert TemplateText("{% for k, v in o.items() %}{{ k }}={{ v }};{% endfor %}").fill({"o": {"a": 1}}) == "a=1;"


NUMBERS = {"a": math.nan, "b": [math.inf, {"c": -math.inf}], "d": 1.5, 3: (math.nan,)}


def test_bytes_in_json_are_their_text() -> None:
    assert as_json({"b": "ü".encode()}) == '{"b": "ü"}'


def test_a_byte_that_is_no_text_is_never_replaced_in_json() -> None:
    """A lone surrogate in the prompt is refused where the request is written; escaped it would pass for text."""
    assert (as_json(["caf\udce9"]), as_json([b"caf\xe9"])) == ('["caf\udce9"]', '["Y2Fm6Q=="]')
    with pytest.raises(InvalidTemplate):
        TemplateText("{{ o | tojson }}").fill({"o": ["caf\udce9"]})
    assert TemplateText("{{ o | tojson }}").fill({"o": r"\udce9"}) == r'"\\udce9"'


def test_json_has_no_nan() -> None:
    assert as_json(NUMBERS) == '{"a": null, "b": [null, {"c": null}], "d": 1.5, "3": [null]}'
    assert TemplateText("{{ o }}").fill({"o": NUMBERS}) == as_json(NUMBERS)
    assert TemplateText("{{ o | tojson }}").fill({"o": {"a": math.nan}}) == '{"a": null}'
    assert TemplateText("<{{ o }}>").fill({"o": math.nan}) == "<>"
