"""Analyse the syntax tree of a template: which names it asks for, and how it can be rendered.

Three ways, from the fastest: `plain_pieces` are joined without Jinja; a tree that `is_tame` does work in proportion to
the row's own text, so Jinja works it out in this process; everything else goes to `render_process`, which is limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.templates.sandbox import sandbox

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jinja2 import nodes

WORDS = frozenset({"none", "None", "true", "True", "false", "False", "self"})
"""Words of the language: a column of such a name cannot be written as a bare placeholder."""
ROW = "row"
"""What all values together are called: `{{ row["a name with spaces"] }}`."""
MAX_TAME_ARGUMENT = 20
"""Characters that an argument of a tame filter may have: a separator is written between any number of items."""
MAX_TAME_NUMBER = {"tojson": 8, "truncate": 1_000_000}
"""What the numbers that some filters take may be; others make a text no longer, whatever they are."""
MAX_TAME_GROWTH = 5
"""How many times longer than what it replaces a replacement may be."""
MAX_TAME_CHAIN = 4
"""Filters behind one another: a few of them can multiply a text by their number of times."""
_TAME_FILTERS = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape", "int",
        "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
        "reverse", "round", "safe", "select", "selectattr", "sort", "string", "striptags", "sum", "title", "tojson",
        "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
    }
)  # fmt: skip
"""Filters whose work and outcome grow with their input alone."""


class NotAllowed(ValueError):
    """A tag that templates do not have here."""


def read_tree(source: str, columns: Collection[str] = ()) -> nodes.Template:
    """Parse a template; where `request.prompt` is a column, it becomes one name (see `variable_of`).

    Raises:
        jinja2.TemplateSyntaxError: it is not written as it should be.
        NotAllowed: it has a tag that works something out while it is read.
    """
    from jinja2 import nodes

    tree = sandbox().parse(source)
    # `autoescape` evaluates its expression while the template is compiled, outside every limit.
    if any(isinstance(node, nodes.EvalContextModifier) for node in _all_nodes(tree)):
        raise NotAllowed("there is no {% autoescape %} here")
    dotted = {column for column in columns if "." in column}
    return _join_dotted(tree, dotted) if dotted else tree


def variable_of(column: str) -> str:
    """Return the variable that a dotted column becomes: its dots are no part of a name in generated code."""
    return "_dotted_" + column.encode().hex() if "." in column else column


def asked_names(tree: nodes.Template) -> dict[str, int]:
    """Return the names of all placeholders in order, each with the line of its first use."""
    from jinja2 import nodes
    from jinja2.meta import TrackingCodeGenerator

    # meta.find_undeclared_variables would work out constant expressions on its way, however long they take.
    tracker = TrackingCodeGenerator(sandbox())
    tracker.optimizer = None
    tracker.visit(tree)
    names = tracker.undeclared_identifiers - sandbox().globals.keys() - WORDS
    found: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in names:
            found.setdefault(_column_of(node.name), node.lineno)
    return dict(sorted(found.items(), key=lambda item: item[1]))


def used_variables(tree: nodes.Template) -> frozenset[str]:
    """Return all variables that occur, those that the template sets itself included."""
    from jinja2 import nodes

    return frozenset(node.name for node in tree.find_all(nodes.Name))


def dotted_paths(tree: nodes.Template) -> dict[str, str]:
    """Return the first dotted path that begins with each name: `{"request": "request.prompt"}`."""
    from jinja2 import nodes

    paths: dict[str, str] = {}
    for node in tree.find_all(nodes.Getattr):
        if path := _path(node):
            root = path.partition(".")[0]
            # Outer nodes come before inner ones: the first path that is found is the longest.
            paths.setdefault(root, path)
    return paths


def written_names(tree: nodes.Template) -> frozenset[str]:
    """Return the names whose values are written as they are, and that nothing in the template tests for blanks."""
    from jinja2 import nodes

    written: set[str] = set()
    tested: set[str] = set()
    for node in _all_nodes(tree):
        if isinstance(node, nodes.Output):
            written |= {each.name for each in node.nodes if isinstance(each, nodes.Name)}
        elif isinstance(node, nodes.If | nodes.CondExpr):
            tested |= _names(node.test)
        elif isinstance(node, nodes.Test | nodes.Or | nodes.And) or _is_default(node):
            tested |= _names(node)
    return frozenset(_column_of(name) for name in written - tested)


def bare_words(source: str) -> dict[str, int]:
    """Return the words of the language that stand where a column's name would, each with its first line."""
    found: dict[str, int] = {}
    before = ""
    for line, kind, value in sandbox().lex(source):
        if before == "variable_begin" and kind == "name" and value in WORDS:
            found.setdefault(value, line)
        if kind != "whitespace":
            before = kind
    return found


def plain_pieces(tree: nodes.Template) -> tuple[str, list[tuple[str, str]]] | None:
    """Return the text before the first placeholder, then each name with the text after it; None if there is more."""
    from jinja2 import nodes

    first, pairs = "", list[tuple[str, str]]()
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                if pairs:
                    pairs[-1] = (pairs[-1][0], pairs[-1][1] + node.data)
                else:
                    first += node.data
            elif isinstance(node, nodes.Name) and node.name not in sandbox().globals and node.name not in {ROW, *WORDS}:
                pairs.append((_column_of(node.name), ""))
            else:
                return None
    return first, pairs


def lead_of(tree: nodes.Template) -> str:
    """Return the text before the first placeholder or tag."""
    from jinja2 import nodes

    lead = ""
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if not isinstance(node, nodes.TemplateData):
                return lead
            lead += node.data
    return lead


def is_tame(tree: nodes.Template) -> bool:
    """Return whether rendering is bounded by the lengths of the template and of the row's values."""
    from jinja2 import nodes

    allowed = (
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
        nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Test,
        nodes.Filter, nodes.For, nodes.Keyword,
    )  # fmt: skip
    return all(isinstance(node, allowed) and _is_tame_node(node) for node in _all_nodes(tree))


def _is_tame_node(node: nodes.Node) -> bool:
    from jinja2 import nodes

    if isinstance(node, nodes.Getitem):
        return isinstance(node.arg, nodes.Const)
    if isinstance(node, nodes.Filter):
        is_short = sum(1 for _ in _finds(node, nodes.Filter)) <= MAX_TAME_CHAIN
        return node.name in _TAME_FILTERS and node.node is not None and is_short and _has_small_arguments(node)
    if isinstance(node, nodes.For):
        return _is_tame_loop(node)
    return True


def _has_small_arguments(node: nodes.Filter) -> bool:
    from jinja2 import nodes

    given = [*node.args, *(pair.value for pair in node.kwargs)]
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    if node.name == "replace":
        texts = [each.value for each in given if isinstance(each, nodes.Const) and isinstance(each.value, str)]
        return len(texts) == len(given) == 2 and len(texts[1]) <= MAX_TAME_GROWTH * max(len(texts[0]), 1)
    if node.name in ("default", "d"):
        return True
    most = MAX_TAME_NUMBER.get(node.name, 1 << 62)
    return all(isinstance(each, nodes.Const) and _is_small(each.value, most) for each in given)


def _is_small(value: object, most: int) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TAME_ARGUMENT
    return not isinstance(value, int) or abs(value) <= most


def _is_tame_loop(loop: nodes.For) -> bool:
    """Whether a loop goes once over values of the row, and its filters work on nothing but the item of the turn."""
    from jinja2 import nodes

    if loop.recursive or any(True for part in loop.body for _ in _finds(part, nodes.For)):
        return False
    own = {name.name for name in [loop.target, *loop.target.find_all(nodes.Name)] if isinstance(name, nodes.Name)}
    filters = [
        node for part in [*loop.body, *([loop.test] if loop.test else [])] for node in _finds(part, nodes.Filter)
    ]
    return all(_root(node) in own | {"loop"} for node in filters)


def _finds(node: nodes.Node, kind: type[nodes.Node]) -> Iterator[nodes.Node]:
    return (each for each in _all_nodes(node) if isinstance(each, kind))


def _all_nodes(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all_nodes(child)


def _root(node: nodes.Node | None) -> str:
    """Return the name that an expression begins with; empty where it does not begin with one."""
    from jinja2 import nodes

    while isinstance(node, nodes.Filter | nodes.Getattr | nodes.Getitem):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""


def _names(node: nodes.Node) -> set[str]:
    from jinja2 import nodes

    return {each.name for each in _all_nodes(node) if isinstance(each, nodes.Name)}


def _is_default(node: nodes.Node) -> bool:
    from jinja2 import nodes

    return isinstance(node, nodes.Filter) and node.name in ("default", "d")


def _join_dotted(tree: nodes.Template, dotted: Collection[str]) -> nodes.Template:
    """Replace each dotted path that is a column by one name, unless its first part is a loop variable."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}

    class Joiner(NodeTransformer):
        def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 (Jinja's name for it)
            path = _path(node)
            if path in dotted and path.partition(".")[0] not in own:
                return nodes.Name(variable_of(path), "load", lineno=node.lineno, environment=node.environment)
            return self.generic_visit(node)

    return Joiner().visit(tree)  # type: ignore[no-any-return]


def _path(node: nodes.Getattr) -> str:
    """Return `a.b.c` as it is written; empty where it begins with more than a name."""
    from jinja2 import nodes

    parts: list[str] = []
    inner: nodes.Node = node
    while isinstance(inner, nodes.Getattr):
        parts.append(inner.attr)
        inner = inner.node
    return ".".join([inner.name, *reversed(parts)]) if isinstance(inner, nodes.Name) else ""


def _column_of(variable: str) -> str:
    """Return the column of a variable: the opposite of `variable_of`."""
    head = "_dotted_"
    return bytes.fromhex(variable.removeprefix(head)).decode() if variable.startswith(head) else variable
