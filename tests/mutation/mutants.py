"""Make the mutants of a Python source: `mutants_of`. Each differs from it in one place, as a slip of the hand might.

The changes are those of the usual mutation tools (comparisons, conditions, arithmetic, constants, statements and
arguments left out), and two of our own, since half of what is decided here is decided in SQL and in enumerations: a
condition of a statement is turned round, and a member of an enumeration is taken for its neighbour.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ENUMS = {
    "BatchState": ("PLANNED", "SUBMITTING", "UNKNOWN", "IN_PROGRESS", "CANCELING", "ENDED", "MISSING", "DELETED"),
    "Proof": ("NOT_YET", "CONFIRMED", "REFUTED", "IMPOSSIBLE"),
    "Relation": ("NOTHING", "FOREIGN", "TAKEN"),
    "ResultsState": ("NONE", "PARTIAL", "SAVED", "GONE"),
    "SendEnd": ("CREATED", "REFUSED", "UNANSWERED"),
    "SenderLife": ("LIVES", "GONE", "SILENT"),
    "VerdictKind": ("OTHER_ACCOUNT", "SENDING", "NOT_CREATED", "OURS", "LIKELY", "WAIT", "ABSENT", "ASK"),
}
_NEGATED: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<",
}  # fmt: skip
_AT_THE_LIMIT: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_IS_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE)\b")
_IN_SQL = (
    (re.compile(r" AND "), " OR "),
    (re.compile(r" OR IGNORE"), ""),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r"\bIS NOT\b"), "IS"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bmax\("), "min("),
    (re.compile(r" <> "), " = "),
    (re.compile(r" <= "), " < "),
    (re.compile(r" > "), " >= "),
    (re.compile(r" DESC\b"), ""),
    (re.compile(r" \+ 1\b"), ""),
    (re.compile(r" = 0\b"), " = 1"),
    (re.compile(r" = 1\b"), " = 0"),
    (re.compile(r"'(planned|submitting|unknown)'"), "'none'"),
)
_AFTER_WHERE = re.compile(r" = (?=\?|\w+\.|\()")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed version of a source."""

    module: str
    """Its path within the checkout."""
    function: str
    """The innermost function or class that the change is in; empty at the top."""
    line: int
    before: str
    after: str
    start: int
    """Where the change begins, in bytes of the source."""
    end: int
    source: bytes = field(default=b"", repr=False, compare=False)
    """The unchanged source, as it was when the mutant was made."""

    @property
    def name(self) -> str:
        """What it is called in the list of equivalent mutants: it stays the same when lines move."""
        return f"{self.module}:{self.function}: {_short(self.before)} -> {_short(self.after)}"

    def apply(self) -> bytes:
        """Return the changed source."""
        return self.source[: self.start] + self.after.encode() + self.source[self.end :]


def mutants_of(path: str, source: bytes, but: Collection[str] = ()) -> list[Mutant]:
    """Return all mutants of a module, in the order of its text; constants named in `but` are left as they are."""
    tree = ast.parse(source)
    tree.body = [each for each in tree.body if not (isinstance(each, ast.Assign) and _name_of(each) in but)]
    found = list(_Finder(path, source).mutants(tree))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.after))


def _name_of(assignment: ast.Assign) -> str:
    [target] = assignment.targets
    return target.id if isinstance(target, ast.Name) else ""


def _short(text: str) -> str:
    return " ".join(text.split())


class _Finder:
    """Walks a tree and yields what can be changed."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._starts = [0]
        for line in source.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def mutants(self, node: ast.AST, function: str = "") -> Iterator[Mutant]:
        """Yield the mutants of a node and of all below it."""
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Assert) or _is_docstring(node) or _is_logging(node):
            return
        for after in self._changes(node):
            yield self._mutant(node, after, function)
        yield from self._conditions(node, function)
        yield from self._arguments(node, function)
        yield from self._in_sql(node, function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}" if function else node.name
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                    yield from self.mutants(child, function)

    def _changes(self, node: ast.AST) -> Iterator[str]:
        """Yield what a node may be replaced with."""
        yield from self._of_values(node)
        yield from self._of_operators(node)
        yield from self._of_statements(node)

    def _of_operators(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Compare(ops=[op], left=left, comparators=[right]):
                for table in (_NEGATED, _AT_THE_LIMIT):
                    if word := table.get(type(op)):
                        yield f"{self._text(left)} {word} {self._text(right)}"
            case ast.BoolOp(op=op, values=values):
                word = " or " if isinstance(op, ast.And) else " and "
                yield word.join(f"({self._text(value)})" for value in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield f"({self._text(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC and not _is_text(left, right):
                yield f"({self._text(left)} {_ARITHMETIC[type(op)]} {self._text(right)})"

    def _of_values(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Constant(value=bool() as value):
                yield str(not value)
            case ast.Constant(value=int() | float() as number):
                yield repr(number + 1)
            case ast.Call(func=ast.Name(id=name)) if name in _NAMES:
                yield self._text(node).replace(name, _NAMES[name], 1)
            case ast.Attribute(value=ast.Name(id=enum), attr=member) if member in ENUMS.get(enum, ()):
                members = ENUMS[enum]
                yield f"{enum}.{members[(members.index(member) + 1) % len(members)]}"

    def _of_statements(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield "return None"
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise():
                yield "pass"
            case ast.Continue():
                yield "break"
            case ast.AugAssign(op=op, target=target, value=value) if type(op) in _ARITHMETIC:
                yield f"{self._text(target)} {_ARITHMETIC[type(op)]}= {self._text(value)}"

    def _conditions(self, node: ast.AST, function: str) -> Iterator[Mutant]:
        """Turn round the conditions that are no comparison, and that are not turned round as such."""
        tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else []
        tests += node.ifs if isinstance(node, ast.comprehension) else []
        for test in tests:
            if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Await | ast.NamedExpr):
                yield self._mutant(test, f"not ({self._text(test)})", function)

    def _arguments(self, node: ast.AST, function: str) -> Iterator[Mutant]:
        """Leave out arguments that are given by name: where there is a default, it holds unnoticed."""
        if not isinstance(node, ast.Call):
            return
        for keyword in node.keywords:
            if keyword.arg is not None and not isinstance(keyword.value, ast.Constant):
                start, end = self._span(keyword)
                while self._source[end : end + 1] in (b",", b" "):
                    end += 1
                yield self._mutant_at(start, end, keyword.lineno, "", function)

    def _in_sql(self, node: ast.AST, function: str) -> Iterator[Mutant]:
        if not (isinstance(node, ast.Constant | ast.JoinedStr) and _IS_SQL.search(self._text(node))):
            return
        start, _ = self._span(node)
        text = self._text(node)
        where = text.find("WHERE")
        for pattern, after in _IN_SQL:
            for found in pattern.finditer(text):
                yield self._in_text(node, start, text, found, after, function)
        for found in _AFTER_WHERE.finditer(text):
            if -1 < where < found.start():
                yield self._in_text(node, start, text, found, " <> ", function)

    def _in_text(
        self, node: ast.expr, start: int, text: str, found: re.Match[str], after: str, function: str
    ) -> Mutant:
        begin = start + len(text[: found.start()].encode())
        line = node.lineno + text[: found.start()].count("\n")
        # With what stands around it, so that the name says which of several it is.
        left, right = text[max(found.start() - 24, 0) : found.start()], text[found.end() : found.end() + 12]
        left, right = left.rsplit("\n", 1)[-1], right.split("\n", 1)[0]
        begin -= len(left.encode())
        end = start + len(text[: found.end()].encode()) + len(right.encode())
        return self._mutant_at(begin, end, line, f"{left}{after}{right}", function)

    def _mutant(self, node: ast.expr | ast.stmt | ast.AST, after: str, function: str) -> Mutant:
        start, end = self._span(node)
        return self._mutant_at(start, end, getattr(node, "lineno", 0), after, function)

    def _mutant_at(self, start: int, end: int, line: int, after: str, function: str) -> Mutant:
        return Mutant(self._path, function, line, self._source[start:end].decode(), after, start, end, self._source)

    def _span(self, node: ast.AST) -> tuple[int, int]:
        lines = (getattr(node, "lineno", 1), getattr(node, "end_lineno", 1))
        columns = (getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0))
        return self._starts[lines[0] - 1] + columns[0], self._starts[lines[1] - 1] + columns[1]

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_logging(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return True
    return False


def _is_text(*sides: ast.expr) -> bool:
    return any(isinstance(side, ast.JoinedStr) or _is_string(side) for side in sides)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
