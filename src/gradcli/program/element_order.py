"""Functions that take elements in order, which NumPy can count in two ways: `x.reshape(3, 2, order="F")`."""

from __future__ import annotations

from ..engine.functions import FUNCTIONS
from ..errors import DataError
from .binding import Bound
from .code import CallSite
from .routines import Keywords
from .tracer import Tracer
from .values import Value


class Reshaped(Bound):
    """`reshape`, `ravel` and `flatten`; with order="F" the first axis is counted fastest."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        function = FUNCTIONS[name]
        super().__init__(name, function.parameters, lambda tracer, *rest: function.build(*rest))

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        word = keywords.get("order", "C")
        rest = {name: value for name, value in keywords.items() if name != "order"}
        if self.name != "reshape" and len(arguments) == 2 and isinstance(arguments[1], str):
            arguments, word = arguments[:1], arguments[1]
        if word not in ("C", "A", "K", "F"):
            raise DataError("order is 'C' or 'F'")
        if word != "F" or not arguments:
            return super().invoke(tracer, arguments, rest, site)
        converted, _ = self.bind(tracer, arguments, rest, site)
        turned = FUNCTIONS["transpose"].build(converted[0])
        if self.name != "reshape":
            return FUNCTIONS["ravel"].build(turned)
        return FUNCTIONS["transpose"].build(FUNCTIONS["reshape"].build(turned, converted[1][::-1]))
