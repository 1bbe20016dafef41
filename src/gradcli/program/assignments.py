"""Assignments to instructions: of names, of several at once, of parts."""

from __future__ import annotations

from ..errors import Span
from ..language import syntax
from ..language.syntax import Expr
from .access import AccessCompiler, computed
from .code import AccessSite, OperatorSite
from .emitter import Task


class AssignmentCompiler(AccessCompiler):
    """Gives what is on the stack to names, indices and attributes, or takes it from them."""

    def assignment(self, statement: syntax.Assign) -> Task:
        yield self.value(statement.value, True)
        fresh = computed(statement.value)
        if len(statement.targets) > 1:
            self.emit("bind", fresh, statement.value.span)
            fresh = False
        for target in statement.targets[:-1]:
            self.emit("duplicate", 1, target.span)
            yield self.assign(target, fresh)
        yield self.assign(statement.targets[-1], fresh)

    def assign(self, target: Expr, fresh: bool) -> Task | None:
        if isinstance(target, syntax.Name):
            self.store(target.name, fresh, target.span)
            return None
        if isinstance(target, (syntax.Tuple, syntax.List)):
            return self.unpack(target)
        if isinstance(target, syntax.Index):
            return self.store_index(target)
        assert isinstance(target, syntax.Attribute)
        return self.store_attribute(target)

    def store(self, name: str, fresh: bool, span: Span) -> None:
        found = self.scope.lookup(name)
        if found is None:
            self.stored.add(name)
            if self.scope.outer is not None:
                self.emit("store_outer", (name, -1, fresh), span)
                return
        elif found[1]:
            self.emit("store_outer", (*found, fresh), span)
            return
        self.emit("store_own" if fresh else "store", name if found is None else found[0], span)

    def unpack(self, target: syntax.Tuple | syntax.List) -> Task:
        items = target.items
        starred = [i for i, item in enumerate(items) if isinstance(item, syntax.Starred)]
        self.emit("listed", None, target.span)
        if starred:
            self.emit("unpack_starred", (starred[0], len(items) - starred[0] - 1), target.span)
        else:
            self.emit("unpack", len(items), target.span)
        for item in items:
            yield self.assign(item.operand if isinstance(item, syntax.Starred) else item, False)

    def store_index(self, target: syntax.Index) -> Task:
        yield self.value(target.operand, True)
        yield from self.key(target)
        self.emit("store_index", self.access(target), target.span)

    def store_attribute(self, target: syntax.Attribute) -> Task:
        yield from self.receiver(target)
        self.emit("store_attribute", self.dotted(target), target.span)

    def dotted(self, target: syntax.Attribute) -> AccessSite:
        return AccessSite(target.span, target.operand.span, name=target.name)

    def augmented(self, statement: syntax.AugmentedAssign) -> Task:
        target, value = statement.target, statement.value
        site = OperatorSite(statement.operator, statement.span, (target.span, value.span))
        if isinstance(target, syntax.Name):
            self.load(target, self.uses.read)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.store(target.name, True, target.span)
        elif isinstance(target, syntax.Index):
            yield self.value(target.operand, True)
            yield from self.key(target)
            self.emit("duplicate", len(target.indices) + 1, target.span)
            self.emit("index", self.access(target), target.span)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.emit("restore_index", self.access(target), target.span)
        else:
            assert isinstance(target, syntax.Attribute)
            yield from self.receiver(target)
            self.emit("duplicate", 1, target.span)
            self.emit("attribute", self.dotted(target), target.span)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.emit("restore_attribute", self.dotted(target), target.span)

    def delete(self, statement: syntax.Delete) -> Task:
        pending = list(reversed(statement.targets))
        while pending:
            target = pending.pop()
            if isinstance(target, (syntax.Tuple, syntax.List)):
                pending.extend(reversed(target.items))
            elif isinstance(target, syntax.Name):
                self.emit("delete", target.name, target.span)
            elif isinstance(target, syntax.Index):
                yield self.value(target.operand, True)
                yield from self.key(target)
                self.emit("delete_index", self.access(target), target.span)
            else:
                assert isinstance(target, syntax.Attribute)
                yield from self.receiver(target)
                self.emit("delete_attribute", self.dotted(target), target.span)
