"""What names stand for while an expression is walked: the context, variables, and what conditions taught of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from engine.jsonata.types.lattice import Type
from engine.jsonata.types.narrowing import Fact, narrowed


class Binding(Struct, frozen=True):
    """A value that has a name, or is the context. `alias` says that it is the value at a path below another one."""

    id: int
    type: Type
    alias: tuple[int, tuple[str, ...]] | None = None


class Scope(Struct, frozen=True):
    """The names at one place. `root` is the input document, `$$`; `learnt` are the types that conditions narrowed;
    `tested` the expressions that passed a condition. `dead`: no value passes all the conditions on the way here."""

    here: Binding
    root: Binding
    names: Mapping[str, Binding]
    learnt: Mapping[int, Type] = {}
    dead: bool = False
    tested: Mapping[Hashable, Fact] = {}

    def value(self, binding: Binding) -> Type:
        """The type of a value, by all that is known."""
        return self.learnt.get(binding.id, binding.type)

    def within(self, here: Binding) -> Scope:
        """The same scope with another context."""
        return Scope(here, self.root, self.names, self.learnt, self.dead, self.tested)

    def binding(self, names: Mapping[str, Binding]) -> Scope:
        """The same scope with further variables."""
        return Scope(self.here, self.root, {**self.names, **names}, self.learnt, self.dead, self.tested)

    def knowing(self, facts: Iterable[Fact]) -> Scope:
        """The same scope after a condition."""
        learnt: dict[int, Type] | None = None
        dead, tested = self.dead, dict(self.tested)
        for fact in facts:
            if fact.form is not None:
                tested[fact.binding, fact.form] = fact
                continue
            for one in self._all(fact):
                binding = self._by_id(one.binding)
                if binding is not None:
                    learnt = dict(self.learnt) if learnt is None else learnt
                    before = learnt.get(binding.id, binding.type)
                    after = learnt[binding.id] = narrowed(before, one)
                    dead = dead or (_possible(before) and not _possible(after))
        if learnt is None and len(tested) == len(self.tested):
            return self
        return Scope(self.here, self.root, self.names, learnt or self.learnt, dead, tested)

    def _all(self, fact: Fact) -> list[Fact]:
        """The fact, and what it says of other names of the same value."""
        facts = [fact]
        for binding in (self.here, *self.names.values()):
            if binding.alias is None:
                continue
            base, path = binding.alias
            if binding.id == fact.binding:
                facts.append(replace(fact, binding=base, path=(*path, *fact.path)))
            elif base == fact.binding and fact.path[: len(path)] == path:
                facts.append(replace(fact, binding=binding.id, path=fact.path[len(path) :]))
        return facts

    def _by_id(self, wanted: int) -> Binding | None:
        for binding in (self.here, self.root):
            if binding.id == wanted:
                return binding
        return next((binding for binding in self.names.values() if binding.id == wanted), None)


def _possible(value: Type) -> bool:
    """Whether there is any case left."""
    return value.any or bool(value.atoms) or value.absent is not None
