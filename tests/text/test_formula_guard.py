"""Which cells a spreadsheet is kept from running, and that nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.text.formula_guard import guard_formula, unguard_formula

NO_FORMULA = [
    "- item", "- first\n- second", "-5%", "+49 151 2345", "@name in running text", "@handle", "---\nTitle", "-$5.00",
    "- 5", "-5", "+3.5", "-1.2e-3", "a=b", "-lead-9", "+49-151-2345", "- item (see below)", "- C++ code", "- a+b",
    "--flag=value", "@media (max-width: 600px)", "-> next", "'quoted' text", "'tis", "+1 (555) 123-4567", "--help",
    "+++ b/file", "--- a/file.txt", "- x = 5", "-1/2", "- [x] done", "- | a | b |", "- NATO (1949)", "+", "-", "@",
    "-1,234.5", "-.5", "@alice: hi (bob)", "- see https://x.y/?a=b&c=d", "-----BEGIN CERTIFICATE-----",
    "\n\nAn answer that begins with line ends", "- call foo(bar) first",
    "-A1 is wrong", "- A1", "@team7", "-verbose2", "+ Added: foo", "", "'",
]  # fmt: skip
FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "@SUM(1+9)*cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "+1+cmd", "-2+3",
    "\t=1", "\ttext", "\rtext", "\n=1+1", " =1+1", "＝1+1", "＠SUM(1)", "-cmd|'/C calc'!A0", "@cmd|'/c x'!A1",
    "+SUM(1)",
    "-SUM(A1)", "- SUM(A1)", '=HYPERLINK("http://x")', '-hyperlink ("http://x")', '-1+WEBSERVICE("http://x")',
    "+(1)+cmd|'x'!A0", '+"a"&A1', "-A1*2", "'=1", "''=1+1", "\0=1", "\ufeff=1", "@@SUM(1)", "-(1+2)*3",
    "+A1", "-$B$2", "@C3", "-h264", "-A1:B2",
    "- item\n+cmd|' /C calc'!A0", '+a HYPERLINK("http://x")', "＋1＋cmd|'x'!A0",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_FORMULA)
def test_text_that_is_not_a_formula_is_unchanged(text: str) -> None:
    assert guard_formula(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert guard_formula(text) == "'" + text


@given(st.text(st.sampled_from("'=+-@ \t\r\nab1(|!＝\0")) | st.sampled_from([*NO_FORMULA, *FORMULAS]))
def test_a_guard_comes_off_as_it_went_on(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text
    assert guard_formula(text)[:1] not in ("=", "\t", "\r")
