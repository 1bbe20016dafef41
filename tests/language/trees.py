"""Walking trees, and Hypothesis strategies that build them from every kind of node."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gradcli.language import syntax as s
from gradcli.language.tokens import KEYWORDS


def examples(count: int, **more) -> settings:
    """So many examples, however long each takes to make: the machine may be busy."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow], **more)


def children(node: s.Syntax) -> Iterator[s.Syntax]:
    """The nodes directly inside a node, in the order of its fields."""
    for field in type(node)._fields:
        value = getattr(node, field)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, s.Syntax):
                yield each


def walk(node: s.Syntax) -> Iterator[s.Syntax]:
    """The node and everything inside it; without recursion, so that deep trees can be walked."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


# ---- strategies ----------------------------------------------------------------------------------

NAMES = st.one_of(
    st.sampled_from(["x", "y", "W", "torch", "sin", "e", "j", "λ", "θ_1", "Δx", "_", "match", "print", "e5", "x2"]),
    st.from_regex(r"[A-Za-z_α-ορ-ω][A-Za-z0-9_α-ορ-ω]{0,5}", fullmatch=True),
).filter(lambda name: name not in KEYWORDS and name != "τ")
NUMBERS = st.builds(s.Number, st.floats(0, allow_nan=False, allow_infinity=False), st.just(False)) | st.builds(
    s.Number, st.integers(0, 10**17).map(float), st.just(True)
)
ATOMS = st.one_of(
    NUMBERS,
    st.builds(s.Name, NAMES),
    st.builds(s.Text, st.text(st.characters(), max_size=6)),
    st.builds(s.Constant, st.sampled_from([True, False, None])),
    st.builds(s.Ellipsis),
)

BINARY = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "@", "&", "|"])
COMPARISONS = st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in"])


SIMPLE = st.sampled_from(
    [
        s.Index(s.Name("d"), (s.Text("a b"),)),
        s.Binary("+", s.Name("a"), s.Number(1.0)),
        s.Conditional(s.Name("a"), s.Name("b"), s.Text("c")),
        s.Lambda((), s.Number(1.0)),
        s.Tuple((s.Name("a"), s.Text("it's"))),
        s.Dict((s.Text("k"),), (s.Name("v"),)),
        s.Formatted((s.Text("deep "), s.Field(s.Name("x")))),
    ]
)


def tuples(item, **sizes):
    return st.lists(item, **sizes).map(tuple)


@st.composite
def chains(draw, operand):
    operators = draw(tuples(COMPARISONS, min_size=1, max_size=3))
    return s.Compare(operators, tuple(draw(operand) for _ in range(len(operators) + 1)))


@st.composite
def parameter_lists(draw, default):
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    first = draw(st.integers(0, len(names)))
    found = [s.Parameter(name, None if i < first else draw(default)) for i, name in enumerate(names)]
    if draw(st.booleans()):
        found += [s.Parameter(f"{kind[0]}_", draw(st.none() | default) if kind == "keyword" else None, kind)
                  for kind in draw(st.sampled_from([["*"], ["keyword"], ["*", "keyword"], ["**"], ["*", "**"]]))]  # fmt: skip
    return tuple(each.replaced(name="more" if each.kind == "**" else "rest" if each.kind == "*" else each.name)
                 for each in found)  # fmt: skip


@st.composite
def formatted(draw, operand):
    """f-strings; what their fields hold has strings of plain characters only."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        if not parts or isinstance(parts[-1], s.Field):
            parts += [s.Text(draw(st.text(st.characters(), min_size=1, max_size=4)))] * draw(st.booleans())
        value = draw(st.builds(s.Name, NAMES) | st.builds(s.Attribute, st.builds(s.Name, NAMES), NAMES) | SIMPLE)
        spec = draw(
            st.sampled_from([None, s.Formatted((s.Text(".3f"),)), s.Formatted((s.Text(">"), s.Field(s.Name("w"))))])
        )
        parts.append(s.Field(value, draw(st.sampled_from(["", "r", "s"])), spec))
    return s.Formatted(tuple(parts))


@st.composite
def dicts(draw, operand):
    keys = draw(tuples(operand | st.none(), max_size=3))
    return s.Dict(keys, tuple(draw(operand) for _ in keys))


@st.composite
def calls(draw, operand):
    function = draw(
        st.one_of(
            st.builds(s.Name, NAMES),
            st.builds(s.Attribute, operand, NAMES),
            st.builds(s.Lambda, parameter_lists(operand), operand),
            st.builds(s.Call, st.builds(s.Name, NAMES), tuples(operand, max_size=1)),
        )
    )
    arguments = draw(tuples(operand | st.builds(s.Starred, operand), max_size=3))
    names = draw(st.lists(NAMES, max_size=2, unique=True))
    keywords = [s.Keyword(name, draw(operand)) for name in names]
    keywords += [s.Keyword(None, draw(operand))] * draw(st.booleans())
    return s.Call(function, arguments, tuple(keywords))


def targets(operand):
    single = st.one_of(
        st.builds(s.Name, NAMES),
        st.builds(s.Attribute, operand, NAMES),
        st.builds(s.Index, operand, tuples(operand, min_size=2, max_size=2)),
    )
    several = st.builds(lambda kind, items: kind(items), st.sampled_from([s.Tuple, s.List]), tuples(single, max_size=3))
    starred = st.builds(lambda first, last: s.Tuple((first, s.Starred(last))), single, single)
    return st.one_of(single, several, starred)


def starred(target):
    return any(isinstance(node, s.Starred) for node in walk(target))


def indices(operand):
    part = st.none() | operand
    entry = operand | st.builds(s.Slice, part, part, part)
    return tuples(entry, max_size=3)


def extend(operand):
    """Every node that holds expressions, around `operand`."""
    item = operand | st.builds(s.Starred, operand)
    clause = st.builds(s.Clause, targets(operand), operand, tuples(operand, max_size=2))
    return st.one_of(
        st.builds(s.Binary, BINARY, operand, operand),
        st.builds(s.Unary, st.sampled_from(["-", "+", "~", "not"]), operand),
        chains(operand),
        st.builds(s.Logical, st.sampled_from(["and", "or"]), tuples(operand, min_size=2, max_size=3)),
        st.builds(s.Conditional, operand, operand, operand),
        calls(operand),
        st.builds(s.Attribute, operand, NAMES),
        st.builds(s.Index, operand, indices(operand)),
        st.builds(s.List, tuples(item, max_size=3)),
        st.builds(s.Tuple, tuples(item, max_size=3)),
        st.builds(s.Set, tuples(item, min_size=1, max_size=3)),
        st.builds(s.Comprehension, operand, tuples(clause, min_size=1, max_size=2), st.none(), st.just(True)),
        st.builds(s.Lambda, parameter_lists(operand), operand),
        st.builds(s.Comprehension, operand, tuples(clause, min_size=1, max_size=2), st.none() | operand),
        st.builds(s.Named, st.builds(s.Name, NAMES), operand),
        dicts(operand),
        formatted(operand),
    )


EXPRESSIONS = st.recursive(ATOMS, extend, max_leaves=12)
SMALL = st.recursive(ATOMS, extend, max_leaves=4)
TARGETS = targets(SMALL)
SINGLE_TARGETS = TARGETS.filter(lambda target: not isinstance(target, s.Tuple | s.List))
CONTEXTS = tuples(SMALL, min_size=1, max_size=2).filter(lambda c: len(c) > 1 or not isinstance(c[0], s.Tuple))
MODULES = st.lists(NAMES, min_size=1, max_size=3).map(".".join)

PLAIN = st.one_of(
    st.builds(s.ExprStmt, SMALL),
    st.builds(s.Assign, tuples(TARGETS, min_size=1, max_size=2), SMALL),
    st.builds(s.AugmentedAssign, SINGLE_TARGETS, BINARY, SMALL),
    st.builds(s.Assert, SMALL, st.none() | SMALL),
    st.builds(s.Import, MODULES, st.just(()), st.none() | NAMES),
    st.builds(s.Import, MODULES, tuples(st.tuples(NAMES, NAMES), min_size=1, max_size=3), st.none()),
    st.builds(s.Pass),
    st.builds(s.Raise, st.none() | SMALL),
    st.builds(s.Delete, tuples(TARGETS.filter(lambda target: not starred(target)), min_size=1, max_size=2)),
)


@cache
def statements(depth=2, loop=False, function=False):
    """A statement; `break` only in loops, `return` only in functions."""
    return st.one_of(kinds_of_statements(depth, loop, function))


@st.composite
def attempts(draw, body):
    """`try` with what makes it one: a handler, or an end."""
    handler = st.builds(s.Handler, SMALL, st.none() | NAMES, body) | st.builds(s.Handler, st.none(), st.none(), body)
    handlers = draw(tuples(handler, max_size=2))
    orelse = draw(st.just(()) | body) if handlers else ()
    return s.Try(draw(body), handlers, orelse, draw(st.just(()) | body if handlers else body))


def kinds_of_statements(depth, loop, function):
    """A strategy for each kind of statement that can stand there."""

    def body(**inside):
        around = {"depth": depth - 1, "loop": loop, "function": function} | inside
        return tuples(st.deferred(lambda: statements(**around)), min_size=1, max_size=2)

    kinds = [PLAIN.map(lambda plain: plain)]  # mapped, so that it counts as one of the kinds
    kinds += [st.builds(s.Break), st.builds(s.Continue)] * loop
    kinds += [st.builds(s.Return, st.none() | SMALL)] * function
    kinds += [st.builds(s.Yield, st.none() | SMALL), st.builds(s.Yield, SMALL, st.just(True))] * function
    if depth:
        field = st.builds(s.Annotated, st.builds(s.Name, NAMES), SMALL, st.none() | SMALL)
        of_class = tuples(field | st.deferred(lambda: statements(depth - 1)), min_size=1, max_size=2)
        kinds += [
            st.builds(s.If, SMALL, body(), st.just(()) | body()),
            st.builds(s.While, SMALL, body(loop=True), st.just(()) | body()),
            st.builds(s.For, TARGETS, SMALL, body(loop=True), st.just(()) | body()),
            st.builds(s.With, CONTEXTS, body()),
            st.builds(
                s.Define, NAMES, parameter_lists(SMALL), body(loop=False, function=True), tuples(SMALL, max_size=1)
            ),
            st.builds(s.Class, NAMES, tuples(SMALL, max_size=1), of_class, tuples(SMALL, max_size=1)),
            attempts(body()),
        ]
    if function:
        kinds += [st.builds(s.Declare, st.sampled_from(["global", "nonlocal"]), tuples(NAMES, min_size=1, max_size=2))]
    return kinds


PROGRAMS = tuples(statements(), min_size=1, max_size=3).map(s.Program)
