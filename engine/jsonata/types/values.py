"""Literals, constructors, operators, conditions and blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec import structs
from msgspec.structs import replace

from engine.jsonata import ast
from engine.jsonata.types.conditions import facts, place
from engine.jsonata.types.lattice import (
    ANY,
    BOOLEAN,
    INTEGER,
    NEVER,
    NOWHERE,
    Absence,
    Boolean,
    Function,
    List,
    Null,
    Number,
    Record,
    Text,
    Type,
    described,
    known,
    list_of,
    stronger,
    union,
)
from engine.jsonata.types.narrowing import Fact, Test, narrowed
from engine.jsonata.types.scope import Scope
from engine.jsonata.types.streams import stream_of
from engine.jsonata.types.walk import Walk

_ARITHMETIC: Final = frozenset("+-*/%")
_ORDER: Final = frozenset(("<", ">", "<=", ">="))


def text(walk: Walk, node: ast.Text, scope: Scope) -> Type:
    """A text literal."""
    return Type((Text(frozenset((node.value,)), at=walk.at(node.start)),))


def number(walk: Walk, node: ast.Number, scope: Scope) -> Type:
    """A number literal."""
    whole = isinstance(node.value, int)
    return Type((Number(frozenset((node.value,)), whole, at=walk.at(node.start)),))


def constant(walk: Walk, node: ast.Constant, scope: Scope) -> Type:
    """`true`, `false`, `null`."""
    at = walk.at(node.start)
    return Type((Null(at) if node.value is None else Boolean(node.value, at),))


def regex(walk: Walk, node: ast.Regex, scope: Scope) -> Type:
    """A regular expression, which is a function."""
    return Type((Function(lambda arguments: ANY, 1),))


def record(walk: Walk, node: ast.Object, scope: Scope) -> Type:
    """An object constructor."""
    fields: dict[str, Type] = {}
    places: dict[str, int] = {}
    rest: list[Type] = []
    for key, part in node.pairs:
        if isinstance(key, ast.Text) and not key.predicates:
            places[key.value] = walk.at(key.start)
            fields[key.value] = walk.value(part, scope)
        else:
            walk.value(key, scope)
            rest.append(walk.value(part, scope).present())
    at = walk.at(node.start)
    other = union(rest) if rest else None
    return Type((Record(fields, frozenset(fields), other, True, places=places, at=at),))


def array(walk: Walk, node: ast.Array, scope: Scope) -> Type:
    """An array constructor: lists in it are opened, those that stand in it as constructors are not."""
    items: list[Type] = []
    least = 0
    for part in node.items:
        made = walk.value(part, scope)
        if isinstance(part, ast.Array):
            items.append(made.present())
            least += 1
        elif made.atoms or made.any:
            stream = stream_of(made)
            items.append(stream.item)
            least += stream.absent is None
    return list_of(union(items) if items else NEVER, least=least, at=walk.at(node.start))


def block(walk: Walk, node: ast.Block, scope: Scope) -> Type:
    """A block with its own variables. A variable that is set once at its top has the type of its value."""
    binds = [bind for expression in node.expressions for bind in binds_of(expression)]
    if not binds:
        result = NEVER
        for expression in node.expressions:
            result = walk.value(expression, scope)
        return result
    counts = Counter(bind.name for bind in binds)
    names = dict(scope.names)  # functions see what is bound after them, by the time they are called
    inner = structs.replace(scope, names=names)
    result = NEVER
    for expression in node.expressions:
        names.update((each.name, walk.bind(ANY)) for each in binds_of(expression) if each is not expression)
        result = walk.value(expression.value if isinstance(expression, ast.Bind) else expression, inner)
        if isinstance(expression, ast.Bind):
            once = counts[expression.name] == 1
            alias = place(expression.value, inner) if once else None
            names[expression.name] = walk.bind(result if once else ANY, alias)
    return result


def bind(walk: Walk, node: ast.Bind, scope: Scope) -> Type:
    """A binding that is not at the top of a block: its value is followed, its variable is not."""
    return walk.value(node.value, scope)


def binds_of(node: ast.Node) -> Iterator[ast.Bind]:
    """The bindings of one scope: those of inner blocks and functions are their own."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.__class__ is ast.Bind:
            yield node
        if node.__class__ is not ast.Block and node.__class__ is not ast.Lambda:
            waiting += node.children()[::-1]


def condition(walk: Walk, node: ast.Condition, scope: Scope) -> Type:
    """`a ? b : c`: each branch knows what the condition says."""
    walk.value(node.condition, scope)
    then = scope.knowing(facts(node.condition, True, scope))
    branches = [_live(walk, node.then, then)]
    otherwise = scope.knowing(facts(node.condition, False, scope))
    if node.otherwise is not None:
        branches.append(_live(walk, node.otherwise, otherwise))
    elif not otherwise.dead:
        branches.append(NEVER.or_absent(Absence(True, "branch", at=walk.at(node.start))))
    return union(branches)


def _live(walk: Walk, node: ast.Node, scope: Scope) -> Type:
    """The type of a branch; nothing for one that no value reaches."""
    made = walk.value(node, scope)
    return made if not scope.dead else NEVER


def default(walk: Walk, node: ast.Default, scope: Scope) -> Type:
    """`a ?: b`"""
    left = narrowed(walk.value(node.left, scope), Fact(0, (), Test.TRUE))
    right = walk.value(node.right, scope.knowing(facts(node.left, False, scope)))
    return union((left, right))


def coalesce(walk: Walk, node: ast.Coalesce, scope: Scope) -> Type:
    """`a ?? b`: null is a value."""
    left = walk.value(node.left, scope)
    found = place(node.left, scope)
    missing = scope.knowing([Fact(*found, Test.MISSING)] if found is not None else ())
    right = walk.value(node.right, structs.replace(missing, dead=False))
    if left.absent is None and not left.any:
        return left
    return union((left.present(), right))


def negate(walk: Walk, node: ast.Negate, scope: Scope) -> Type:
    """Unary minus."""
    operand = walk.value(node.operand, scope)
    numbers = tuple(replace(each, values=None, least=None, most=None) for each in operand.of_kind(Number))
    return Type(numbers or (Number(),), absent=operand.absent)


def binary(walk: Walk, node: ast.Binary, scope: Scope) -> Type:
    """An operator."""
    left = walk.value(node.left, scope)
    if node.operator in ("and", "or"):
        holds = node.operator == "and"
        walk.value(node.right, scope.knowing(facts(node.left, holds, scope)))
        return BOOLEAN
    right = walk.value(node.right, scope)
    if node.operator in _ARITHMETIC:
        return _arithmetic(walk, node, left, right)
    if node.operator == "&":
        return _joined(left, right)
    if node.operator == "..":
        return Type((List(known(INTEGER)),))
    if node.operator in _ORDER:
        _check_order(walk, node, left, right)
        return BOOLEAN.or_absent(stronger(left.absent, right.absent))
    _check_equality(walk, node, left, right)
    return BOOLEAN


def _arithmetic(walk: Walk, node: ast.Binary, left: Type, right: Type) -> Type:
    for side, part in ((left, node.left), (right, node.right)):
        if side.is_known and side.atoms and not side.may(Number):
            at = walk.at(part.start)
            walk.report("operand", at, f"a number for '{node.operator}'", described(side))
        else:
            walk.sound("operand", walk.at(part.start))
    inexact = _inexact(left, right)
    if node.operator == "/" and inexact == NOWHERE and not _ends(node.right):
        inexact = walk.at(node.start)
    whole = node.operator != "/" and all(side.only(Number) and _whole(side) for side in (left, right))
    made = Number(integer=whole, inexact=inexact)
    return Type((made,), absent=stronger(left.absent, right.absent), at=walk.at(node.start))


def _whole(value: Type) -> bool:
    return all(each.integer for each in value.of_kind(Number))


def _inexact(*values: Type) -> int:
    """Where the digits of a value were lost, if they were."""
    for value in values:
        for atom in value.atoms:
            if isinstance(atom, Number | Text) and atom.inexact != NOWHERE:
                return atom.inexact
    return NOWHERE


def _ends(divisor: ast.Node) -> bool:
    """Whether a quotient by this literal has an end: powers of two and five, such as 100."""
    if not isinstance(divisor, ast.Number) or not divisor.value:
        return False
    ratio = abs(Decimal(divisor.value)).as_integer_ratio()[0]
    for prime in (2, 5):
        while ratio % prime == 0:
            ratio //= prime
    return ratio == 1


def _joined(left: Type, right: Type) -> Type:
    """`&`: the texts of both; what is missing is the empty text."""
    least = max(_shortest(left), _shortest(right))
    return Type((Text(least=least, inexact=_inexact(left, right)),))


def _shortest(value: Type) -> int:
    """At least how many letters a value has as text: 1, or 0 where it may be empty."""
    if value.any or value.absent is not None:
        return 0
    for atom in value.atoms:
        if isinstance(atom, Text):
            empty = "" in atom.values if atom.values is not None else atom.least == 0
            if empty:
                return 0
    return 1


def _check_order(walk: Walk, node: ast.Binary, left: Type, right: Type) -> None:
    at = walk.at(node.right.start)
    for one, other in ((Text, Number), (Number, Text)):
        if left.only(one) and right.only(other):
            walk.report("operand", at, f"{described(left)} to compare with", described(right))
            return
    for side, part in ((left, node.left), (right, node.right)):
        if side.is_known and side.atoms and not side.may((Text, Number)):
            walk.report("operand", walk.at(part.start), f"a number or text for '{node.operator}'", described(side))
            return
    walk.sound("operand", at)
    walk.sound("operand", walk.at(node.left.start))


def _check_equality(walk: Walk, node: ast.Binary, left: Type, right: Type) -> None:
    """A comparison with a code that the other side never has."""
    if node.operator == "in":
        parts = node.right.items if isinstance(node.right, ast.Array) else (node.right,)
        pairs = [(left, part) for part in parts]
    else:
        pairs = [(left, node.right), (right, node.left)]
    for value, part in pairs:
        if isinstance(part, ast.Text) and part.value and not part.predicates:
            _check_code(walk, value, part)


def _check_code(walk: Walk, value: Type, literal: ast.Text) -> None:
    at = walk.at(literal.start)
    atoms = [atom for atom in value.atoms if not isinstance(atom, Null)]
    if value.any or not atoms:
        return
    if all(isinstance(atom, Number | Boolean) for atom in atoms):
        walk.report("never", at, f"{described(Type(tuple(atoms)))} to compare with", f"the text '{literal.value}'")
        return
    values: set[str] = set()
    for atom in atoms:
        if not isinstance(atom, Text) or atom.values is None or atom.any_of or atom.at != NOWHERE:
            walk.sound("never", at)
            return
        values |= atom.values
    if literal.value in values:
        walk.sound("never", at)
    else:
        walk.report("never", at, "one of the values that it can have", f"'{literal.value}'", tuple(sorted(values)))
