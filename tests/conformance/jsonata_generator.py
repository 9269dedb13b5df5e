"""Random JSONata expressions over random documents, the same ones for the same seed.

Numbers are small integers and halves, which doubles hold exactly, so that what differs is never only a rounding.
"""

from __future__ import annotations

from random import Random
from typing import Any

FIELDS = ("a", "b", "c", "d", "items", "name", "price", "qty")
TEXTS = ("", "x", "ab", "abc", "b", "a b", "7", "2.5", "abcabc", "Zoë")
NUMBERS = ("0", "1", "2", "3", "7", "10", "0.5", "2.5", "-1")


def document(random: Random, depth: int = 0) -> Any:
    """A random document of objects, arrays and scalars."""
    if depth == 0:
        return {field: document(random, 1) for field in FIELDS if random.random() < 0.6}
    kind = random.random()
    if depth < 3 and kind < 0.3:
        return [document(random, depth + 1) for _ in range(random.choice((0, 1, 1, 2, 2, 3)))]
    if depth < 3 and kind < 0.65:
        return {field: document(random, depth + 1) for field in FIELDS if random.random() < 0.35}
    if kind < 0.82:
        return random.choice((0, 1, 2, 3, 7, 10, 0.5, 2.5, -1))
    if kind < 0.96:
        return random.choice(TEXTS)
    return random.choice((True, False, None))


class Generator:
    """Makes expressions; `variables` are those in scope."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables: list[str] = ["v"]

    def expression(self, depth: int = 4) -> str:
        """Any expression."""
        if depth <= 0:
            return self._leaf()
        return self._choose(
            (12, self.path),
            (3, self._leaf_at),
            (4, self._arithmetic),
            (4, self._comparison),
            (3, self._logic),
            (3, self._concatenation),
            (3, self._condition),
            (4, self._object),
            (4, self._array),
            (3, self._block),
            (8, self._call),
            (5, self._higher_order),
            (2, self._apply),
            (1, self._transform),
            (1, self._lambda_call),
            (1, self._partial),
        )(depth - 1)

    def _choose(self, *options: tuple[int, Any]) -> Any:
        return self.random.choices([option for _, option in options], [weight for weight, _ in options])[0]

    def _leaf_at(self, depth: int) -> str:
        return self._leaf()

    def _leaf(self) -> str:
        return self._choose(
            (6, lambda: self.random.choice(FIELDS)),
            (2, lambda: f"{self.random.choice(FIELDS)}.{self.random.choice(FIELDS)}"),
            (3, lambda: self.random.choice(NUMBERS)),
            (3, lambda: '"' + self.random.choice(TEXTS) + '"'),
            (1, lambda: self.random.choice(("true", "false", "null"))),
            (2, lambda: "$" + self.random.choice(self.variables)),
            (2, lambda: "$"),
            (1, lambda: "$$"),
            (1, lambda: self.random.choice(("*", "**", "[]", "{}"))),
        )()

    def path(self, depth: int) -> str:
        """A location path."""
        steps = [self._first_step(depth)]
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            steps.append(self._step(depth))
        text = ".".join(steps)
        if self.random.random() < 0.08:
            text += "^(" + self.random.choice(("", ">", "<")) + self.expression(0) + ")"
        if self.random.random() < 0.08:
            text += "{" + self._key(depth) + ": " + self.expression(depth - 1) + "}"
        return text

    def _first_step(self, depth: int) -> str:
        step = self._choose(
            (10, lambda: self.random.choice(FIELDS)),
            (2, lambda: "$" + self.random.choice(self.variables)),
            (2, lambda: "$"),
            (1, lambda: "$$"),
            (1, lambda: "*"),
            (1, lambda: "**"),
            (1, lambda: "(" + self.expression(depth - 1) + ")"),
            (1, lambda: self._object(depth)),
        )()
        if self.random.random() < 0.05:
            return "[" + ", ".join(self.random.choice(FIELDS) for _ in range(self.random.choice((0, 1, 2)))) + "]"
        return step + self._suffix(depth)

    def _step(self, depth: int) -> str:
        step = self._choose(
            (12, lambda: self.random.choice(FIELDS)),
            (1, lambda: "*"),
            (1, lambda: "**"),
            (1, lambda: "$"),
            (1, lambda: "%"),
            (2, lambda: "(" + self.expression(depth - 1) + ")"),
            (2, lambda: self._object(depth)),
            (1, lambda: self._array(depth)),
            (1, lambda: self._call(depth)),
        )()
        return step + self._suffix(depth)

    def _suffix(self, depth: int) -> str:
        return self._choose(
            (16, lambda: ""),
            (3, lambda: "[" + self.random.choice(("0", "1", "-1", "2")) + "]"),
            (2, lambda: "[" + self.random.choice(FIELDS) + self.random.choice((" = ", " > ", " <= ")) + "2]"),
            (2, lambda: "[$exists($) and (" + self._comparison(depth - 1) + ")]"),
            (1, lambda: "[$exists($) and (" + self.expression(depth - 1) + ")]"),
            (1, lambda: "[$exists($) ? [0, 2] : false]"),
            (2, lambda: "[]"),
            (1, lambda: self._bound("@")),
            (1, lambda: self._bound("#")),
        )()

    def _bound(self, sign: str) -> str:
        name = self.random.choice(("p", "q"))
        if name not in self.variables:
            self.variables.append(name)
        return f"{sign}${name}"

    def _arithmetic(self, depth: int) -> str:
        operator = self.random.choice("+-*+-*%")
        return f"{self._numeric(depth)} {operator} {self._numeric(depth)}"

    def _numeric(self, depth: int) -> str:
        return self._choose(
            (3, lambda: self.random.choice(NUMBERS)),
            (3, lambda: self.path(min(depth, 1))),
            (1, lambda: "(" + self.expression(depth - 1) + ")"),
            (2, lambda: "$count(" + self.expression(depth - 1) + ")"),
        )()

    def _comparison(self, depth: int) -> str:
        operator = self.random.choice(("=", "=", "!=", "<", ">", "<=", ">=", "in"))
        return f"{self.expression(min(depth, 1))} {operator} {self.expression(min(depth, 1))}"

    def _logic(self, depth: int) -> str:
        return f"({self._comparison(depth)}) {self.random.choice(('and', 'or'))} ({self.expression(depth - 1)})"

    def _concatenation(self, depth: int) -> str:
        return f"{self.expression(min(depth, 1))} & {self.expression(min(depth, 1))}"

    def _condition(self, depth: int) -> str:
        operator = self.random.random()
        left, right = self.expression(depth - 1), self.expression(depth - 1)
        if operator < 0.2:
            return f"({left} ?: {right})"
        if operator < 0.4:
            return f"({left} ?? {right})"
        test = self._comparison(depth)
        return f"({test} ? {left} : {right})" if operator < 0.9 else f"({test} ? {left})"

    def _key(self, depth: int) -> str:
        return self._choose(
            (6, lambda: '"' + self.random.choice(("k", "l", "m", "name")) + '"'),
            (1, lambda: "name"),
            (1, lambda: '"k" & ' + self.expression(min(depth - 1, 0))),
        )()

    def _object(self, depth: int) -> str:
        pairs = [
            f"{self._key(depth)}: {self.expression(depth - 1)}" for _ in range(self.random.choice((0, 1, 1, 2, 3)))
        ]
        return "{" + ", ".join(pairs) + "}"

    def _array(self, depth: int) -> str:
        if self.random.random() < 0.15:
            return f"[{self.random.choice('012')}..{self.random.choice('0123')}]"
        return "[" + ", ".join(self.expression(depth - 1) for _ in range(self.random.choice((0, 1, 1, 2, 3)))) + "]"

    def _block(self, depth: int) -> str:
        name = self.random.choice(("x", "y", "z"))
        value = self.expression(depth - 1)
        held, self.variables = self.variables, [*self.variables, name]
        body = self.expression(depth - 1)
        self.variables = held
        return f"(${name} := {value}; {body})"

    def _call(self, depth: int) -> str:
        argument = self.expression(depth - 1)
        return self._choose(
            (4, lambda: f"$string({argument})"),
            (4, lambda: f"$count({argument})"),
            (3, lambda: f"$exists({argument})"),
            (2, lambda: f"$boolean({argument})"),
            (2, lambda: f"$not({argument})"),
            (2, lambda: f"$type({argument})"),
            (3, lambda: f"$sum({argument})"),
            (1, lambda: f"$max({argument})"),
            (1, lambda: f"$min({argument})"),
            (2, lambda: f"$keys({argument})"),
            (2, lambda: f"$distinct({argument})"),
            (2, lambda: f"$append({argument}, {self.expression(depth - 1)})"),
            (2, lambda: f"$reverse({argument})"),
            (2, lambda: f"$spread({argument})"),
            (2, lambda: f"$merge({argument})"),
            (2, lambda: f"$lookup({argument}, {self._key(0)})"),
            (1, lambda: f"$zip({argument}, {self.expression(depth - 1)})"),
            (1, lambda: f"$sort({argument})"),
            (2, lambda: f"$uppercase({argument})"),
            (1, lambda: f"$lowercase({self.random.choice(FIELDS)})"),
            (1, lambda: f"$length({argument})"),
            (1, lambda: f"$trim({argument})"),
            (2, lambda: f'$join({argument}, "-")'),
            (1, lambda: f'$split({argument}, "b")'),
            (1, lambda: f'$contains({argument}, "b")'),
            (1, lambda: f"$contains({argument}, /b+/)"),
            (1, lambda: f"$match({argument}, /(a)(b)?/)"),
            (1, lambda: f'$replace({argument}, /a(b)/, "$1-")'),
            (1, lambda: f"$substring({argument}, 1, 2)"),
            (1, lambda: f'$substringBefore({argument}, "b")'),
            (1, lambda: f'$pad({argument}, 5, "#")'),
            (1, lambda: f"$number({argument})"),
            (1, lambda: f"$abs({argument})"),
            (1, lambda: f"$floor({argument})"),
            (1, lambda: f"$round({argument})"),
            (1, lambda: self.random.choice(("$string()", "$uppercase()", "$keys()", "$boolean()", "$length()"))),
            (1, lambda: f'$eval("{self.random.choice(("a", "[1,2]", "$v", "a.b[0]", "$"))}")'),
            (1, lambda: f"$clone({argument})"),
        )()

    def _lambda(self, depth: int, parameters: int) -> str:
        names = ["l", "m", "n"][:parameters]
        held, self.variables = self.variables, [*self.variables, *names]
        body = self.expression(depth - 1)
        self.variables = held
        return "function(" + ", ".join("$" + name for name in names) + ") { " + body + " }"

    def _function(self, depth: int) -> str:
        if self.random.random() < 0.2:
            return self.random.choice(("$string", "$keys", "$count", "$exists", "$not", "$type", "$spread", "$boolean"))
        return self._lambda(depth, self.random.choice((1, 1, 2, 3)))

    def _higher_order(self, depth: int) -> str:
        argument = self.expression(depth - 1)
        return self._choose(
            (5, lambda: f"$map({argument}, {self._function(depth)})"),
            (4, lambda: f"$filter({argument}, {self._function(depth)})"),
            (2, lambda: f"$reduce({argument}, {self._lambda(depth, 2)})"),
            (1, lambda: f"$reduce({argument}, {self._lambda(depth, 2)}, {self._leaf()})"),
            (1, lambda: f"$single({argument}, {self._function(depth)})"),
            (2, lambda: f"$each({argument}, {self._function(depth)})"),
            (2, lambda: f"$sift({argument}, {self._function(depth)})"),
            (1, lambda: f"$sort({argument}, function($l, $m) {{ $string($l) > $string($m) }})"),
        )()

    def _apply(self, depth: int) -> str:
        right = self._choose(
            (2, lambda: "$string()"),
            (2, lambda: "$count"),
            (2, lambda: f"$map({self._function(depth)})"),
            (1, lambda: f"$filter({self._function(depth)})"),
            (1, lambda: "$keys()"),
            (1, lambda: self._lambda(depth, 1)),
            (1, lambda: "$distinct() ~> $count()"),
        )()
        return f"({self.expression(depth - 1)} ~> {right})"

    def _transform(self, depth: int) -> str:
        pattern = self.random.choice(("$", "a", "items", "**.b", "*", "items[0]", "a.b"))
        delete = self.random.choice(("", "", ', "a"', ', ["b", "c"]'))
        return f"({self.expression(min(depth - 1, 1))} ~> |{pattern}|{self._object(depth)}{delete}|)"

    def _lambda_call(self, depth: int) -> str:
        return f"({self._lambda(depth, 1)})({self.expression(depth - 1)})"

    def _partial(self, depth: int) -> str:
        return f"({self._lambda(depth, 2)})(?, {self._leaf()})({self.expression(depth - 1)})"
