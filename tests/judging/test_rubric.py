"""A rubric is read from TOML, Markdown or plain text; what is wrong in it is named with its line."""

from __future__ import annotations

import pytest

from batchtui.domain.errors import InputError
from batchtui.domain.results.judgment import Criterion, Rubric
from batchtui.judging.rubric import parse_rubric

MARKDOWN = """---
model: premium
max_tokens: 900
---
You judge answers.

## Accuracy (1-5, weight 2)
It is true.
- 1: wrong
- 5: right

## tone (0 to 2)
It is polite.
"""
TOML = """
prompt = "You judge answers."
model = "premium"
max_tokens = 900

[[criteria]]
name = "accuracy"
description = "It is true."
scale = [1, 5]
weight = 2
levels = { 1 = "wrong", 5 = "right" }

[[criteria]]
name = "tone"
description = "It is polite."
scale = "0-2"
"""
BOTH = Rubric(
    (
        Criterion("accuracy", "It is true.", 1, 5, 2.0, {1: "wrong", 5: "right"}),
        Criterion("tone", "It is polite.", 0, 2),
    ),
    "You judge answers.",
    "premium",
    900,
)


@pytest.mark.parametrize(("name", "text"), [("r.md", MARKDOWN), ("r.toml", TOML)])
def test_both_forms_say_the_same_and_the_registry_gives_it_back(name: str, text: str) -> None:
    assert parse_rubric(name, text) == BOTH
    assert Rubric.from_document(BOTH.document()) == BOTH


def test_plain_text_is_one_criterion_from_1_to_5() -> None:
    assert parse_rubric("r.txt", "Short and true.\n").criteria == (Criterion("quality", "Short and true.", 1, 5),)


def test_the_overall_score_is_the_mean_by_weight_on_the_first_scale() -> None:
    assert BOTH.overall({"accuracy": 5, "tone": 0}) == pytest.approx(1 + 4 * 2 / 3)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.md", "Intro\n\n## a (5-1)\nIt.\n", "r.md:3: the scale of `a` must go from a lower to a higher number."),
        ("r.md", "## a (good)\nIt.\n", "r.md:1: (good) is not a scale."),
        ("r.md", "## a\n\n## b\nIt.\n", "r.md:1: the criterion `a` is not described."),
        ("r.md", "## a\nIt.\n## a\nIt.\n", "r.md:3: there are two criteria called `a`."),
        ("r.md", "## a (1-3)\nIt.\n- 4: more\n", "r.md:3: level 4 is outside the scale 1 to 3."),
        ("r.md", "## win\nIt.\n", "r.md:1: a criterion cannot be called `win`: batchtui uses that name itself."),
        ("r.md", "## größe\nIt.\n", "r.md:1: `größe` cannot be the name of a criterion."),
        ("r.md", "---\ncolour: red\n---\n## a\nIt.\n", "r.md:2: unknown key `colour`."),
        ("r.md", "---\nmodel: x\n## a\nIt.\n", "r.md:3: expected `key: value`, not '## a'."),
        ("r.txt", "One\nSay {{ answer }}.\n", "r.txt:2: a rubric has no placeholders, but this line has {{ answer }}."),
        ("r.txt", " \n", "r.txt:1: the rubric is empty."),
        ("r.toml", "prompt = \n", "r.toml:1: not valid TOML: Invalid value."),
        ("r.toml", "prompt = 'x'\n", "r.toml:1: the rubric has no criteria."),
        ("r.toml", "[[criteria]]\nname = 'a'\n", "r.toml:1: a criterion needs a `description`, as text."),
        (
            "r.toml",
            "[[criteria]]\nname = 'a'\ndescription = 'x'\n\n[[criteria]]\nname = 'b'\ndescription = 'y'\nscale = [1]\n",
            "r.toml:8: `scale` must be two whole numbers.",
        ),
        (
            "r.toml",
            "[[criteria]]\nname='a'\ndescription='x'\nweight=0\n",
            "r.toml:1: the weight of `a` must be above 0.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_rubric(name, text)
    assert refused.value.message == said
