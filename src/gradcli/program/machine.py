"""The machine that runs code: a stack of values, a stack of frames, one loop.

Calls push frames; nothing recurses, whatever the program does. Running a program builds the graph of
what it computes: the path that is taken is what is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import GeneratorType
from typing import Any, TypeAlias

from .. import limits
from ..engine.node import Node
from ..errors import DataError, ExpressionError, GradcliError, Interrupted, Span
from ..text import shortened
from .code import CallSite, Code, Label
from .matching import matched
from .routines import Inside, Keywords, Routine
from .tracer import Tracer
from .values import Closure, Context, Environment, Tensor, Value, View, describe

Step: TypeAlias = Callable[["Machine", Any], "int | None"]
"""Carries out an instruction; gives the position to go on at, None for the next, or SWITCH."""

SWITCH = -1
"""What a step answers when the frame on top is another one now."""
_STRIDE = 100_000
"""After how many steps the clock is looked at."""


class Frame:
    """A running function: where it is in its code, its names, and what it found when it began.

    depth is the height of the machine's stack, contexts that of the contexts it is inside. handlers are where to go
    on after an error, the innermost last: `(label, depth, contexts, detached, nodes)`, counted from the frame's own.
    generator is what it gives values for, one by one.
    """

    __slots__ = (
        "code", "contexts", "depth", "environment", "generator", "handlers", "instructions", "position", "site",
    )  # fmt: skip

    def __init__(
        self, code: Code, instructions: list[tuple[Step, Any]], environment: Environment, site: CallSite | None
    ) -> None:
        self.code = code
        self.instructions = instructions
        self.environment = environment
        self.site = site
        self.position = 0
        self.depth = 0
        self.contexts = 0
        self.handlers: list[tuple[Label, int, int, bool, int]] | None = None
        self.generator: Any = None


class Native:
    """A function of the language that waits for a call it asked for."""

    __slots__ = ("generator", "site")

    def __init__(self, generator: GeneratorType[Any, Any, Any], site: CallSite) -> None:
        self.generator = generator
        self.site = site


class Machine:
    """Runs the code of one program.

    Attributes:
        stack: the values that instructions work on.
        names: those of the frame on top; program the program's own.
        contexts: what `with` statements changed, to be restored.
        steps: how many instructions may still be run; below next_look, `look` is due.
        result: the value of the last bare expression.

    progress is told, whenever it is looked how far the program is, the line and the number of nodes.
    """

    __slots__ = (
        "_bounds", "_deadline", "_link", "_progress", "contexts", "environment", "frames", "graph", "names",
        "next_look", "program", "result", "stack", "steps", "tracer",
    )  # fmt: skip

    def __init__(
        self,
        tracer: Tracer,
        names: dict[str, Value],
        link: Callable[[Code], list[tuple[Step, Any]]],
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.tracer = tracer
        self.graph = tracer.graph
        self.program = names
        self.environment = Environment(names, None)
        self.names = names
        self.stack: list[Value] = []
        self.frames: list[Frame | Native] = []
        self.contexts: list[bool] = []
        self.result: Value = None
        self._link = link
        self._bounds = limits.current()
        self._deadline = time.thread_time() + self._bounds.seconds
        self._progress = progress
        self.steps = self._bounds.steps
        self.next_look = max(self.steps - _STRIDE, 0)
        tracer.charge = self.charge

    # ---- running -------------------------------------------------------------------------------------

    def run(self, code: Code) -> None:
        """Run a program from start to end. Raises GradcliError with the place, and the calls it came through."""
        frame = Frame(code, self.linked(code), self.environment, None)
        self.frames.append(frame)
        while True:
            instructions, position = frame.instructions, frame.position
            try:
                while True:
                    step, argument = instructions[position]
                    position += 1
                    target = step(self, argument)
                    if target is None:
                        continue
                    if target >= 0:
                        position = target
                        continue
                    frame.position = position
                    if not self.frames:
                        return
                    frame = self.frames[-1]  # type: ignore[assignment]  # resume leaves a Frame on top
                    instructions, position = frame.instructions, frame.position
            except GradcliError as error:
                frame.position = position
                frame = self._handling(self._placed(error, frame))
            except KeyboardInterrupt:
                frame.position = position
                raise self._placed(Interrupted("interrupted"), frame) from None

    def linked(self, code: Code) -> list[tuple[Step, Any]]:
        if code.linked is None:
            code.linked = self._link(code)
        return code.linked

    def charge(self, steps: int) -> None:
        """Count steps. Raises LimitError where they are used up."""
        self.steps -= steps
        if self.steps < self.next_look:
            self.look()

    def look(self) -> None:
        """Look how far the program has come. Raises LimitError where its steps or seconds are used up."""
        if self.steps < 0:
            raise limits.exceeded("steps", "the program takes too many steps")
        if time.thread_time() > self._deadline:
            raise limits.exceeded("seconds", "the program takes too long")
        self.next_look = max(self.steps - _STRIDE, 0)
        if self._progress is not None and isinstance(frame := self.frames[-1], Frame):
            start = frame.code.spans[max(frame.position - 1, 0)][0]
            self._progress(frame.code.source.count("\n", 0, start) + 1, self.graph.count)

    # ---- calls ---------------------------------------------------------------------------------------

    def call(self, function: Value, arguments: list[Value], keywords: Keywords, site: CallSite) -> int | None:
        """Call a value. A user's function gets a frame; any other leaves its result on the stack."""
        if type(function) is Closure:
            return self.enter(function, arguments, keywords, site)
        if not isinstance(function, Routine):
            if isinstance(function, Context) and len(arguments) == 1 and isinstance(arguments[0], (Closure, Routine)):
                self.stack.append(Inside(function, arguments[0]))
                return None
            raise self._not_callable(function, site)
        self.graph.place = site.span
        waiting = (
            None
            if self.tracer.lazy is None
            else self.tracer.lazy.listing(self.tracer, function, arguments, keywords, site)
        )
        result = function.invoke(self.tracer, arguments, keywords, site) if waiting is None else waiting
        if type(result) is GeneratorType:
            self._check_depth(site)
            self.frames.append(Native(result, site))
            self.resume(None)
            return SWITCH
        if keywords and isinstance(keywords.get("out"), Tensor):
            from .in_place import change

            change(self.tracer, keywords["out"], result)
            result = keywords["out"]
        self.stack.append(self._named(result, function.name) if site.bound else result)
        return None

    def _named(self, result: Value, function: str) -> Value:
        """What a call gave, as a variable that knows which function's call it is."""
        tracer = self.tracer
        result = tracer.own(result)
        if tracer.torch and tracer.differentiates:
            if type(result) is Node:
                tracer.calls[result] = function
            elif isinstance(result, View):
                tracer.calls[result.node] = function
        return result

    def enter(self, function: Closure, arguments: list[Value], keywords: Keywords, site: CallSite) -> int | None:
        """Begin a call of a user's function; of one that yields, leave a generator on the stack."""
        self._check_depth(site)
        code = function.code
        self.charge(len(code.instructions))
        tracer = self.tracer
        if tracer.differentiates:
            arguments = [tracer.own(each) if _fresh(site, i) else each for i, each in enumerate(arguments)]
        if keywords or len(arguments) != code.count:
            names = matched(self, function, arguments, keywords, site)
        else:
            bind = tracer.bind
            names = {parameter.name: bind(value) for parameter, value in zip(code.parameters, arguments, strict=True)}
        environment = Environment(names, function.environment)
        frame = Frame(code, self.linked(code), environment, site)
        if code.generator:
            self.tracer.go_lazily()
            self.stack.append(self.tracer.lazy.Generator(frame))
            return None
        frame.depth = len(self.stack)
        frame.contexts = len(self.contexts)
        self.begin(frame)
        return SWITCH

    def begin(self, frame: Frame) -> None:
        """Put a frame on top."""
        self.frames.append(frame)
        self.environment = frame.environment
        self.names = frame.environment.names

    def leave(self, value: Value) -> int:
        """End the function on top, with its value."""
        frame = self.frames.pop()
        assert isinstance(frame, Frame)
        del self.stack[frame.depth :]
        self.leave_contexts(frame.contexts)
        if frame.generator is not None:
            finished: int = self.tracer.lazy.finish(self, frame.generator, value)
            return finished
        if self.frames:
            self.resume(value)
        return SWITCH

    def leave_contexts(self, depth: int) -> None:
        while len(self.contexts) > depth:
            self.tracer.detached = self.contexts.pop()

    def resume(self, value: Value) -> None:
        """Hand a value to whoever waits for it: until the frame on top is one of code."""
        while True:
            top = self.frames[-1]
            if type(top) is Frame:
                self.environment = top.environment
                self.names = top.environment.names
                self.stack.append(value)
                return
            assert isinstance(top, Native)
            try:
                function, arguments, *more = top.generator.send(value)
            except StopIteration as stop:
                self.frames.pop()
                value = stop.value
                continue
            keywords: Keywords = more[0] if more else {}
            if type(function) is Closure:
                if self.enter(function, arguments, keywords, top.site) == SWITCH:
                    return
                value = self.stack.pop()
                continue
            if self.tracer.lazy is not None and type(function) is self.tracer.lazy.Generator:
                if function.done:
                    value = self.tracer.lazy.END
                    continue
                self.tracer.lazy.proceed(self, function, None)
                return
            if not isinstance(function, Routine):
                raise ExpressionError(f"{describe(function)} stands where a function is needed", code="type")
            value = function.invoke(self.tracer, arguments, keywords, top.site)
            if type(value) is GeneratorType:
                self._check_depth(top.site)
                self.frames.append(Native(value, top.site))
                value = None

    def _check_depth(self, site: CallSite) -> None:
        if len(self.frames) > self._bounds.calls:
            raise limits.exceeded("calls", "functions call one another too deeply", span=site.span)

    # ---- errors --------------------------------------------------------------------------------------

    def _handling(self, error: GradcliError) -> Frame:
        """The frame that handles an error, ready to go on there. Raises the error where none does."""
        caught = isinstance(error, (DataError, ExpressionError))  # no limit, and no Ctrl-C
        if not caught or not any(type(each) is Frame and each.handlers for each in self.frames):
            raise error from error.__cause__
        from .exceptions import caught as exception
        from .exceptions import outside

        while not isinstance(top := self.frames[-1], Frame) or not top.handlers:
            self.frames.pop()
            if isinstance(top, Native):
                top.generator.close()
            elif top.generator is not None:
                top.generator.done, top.generator.running = True, False
                error = outside(error)
        label, depth, contexts, detached, _ = top.handlers.pop()
        del self.stack[top.depth + depth :], self.contexts[top.contexts + contexts :]
        self.tracer.detached = detached
        self.resume(exception(error))
        top.position = label.position
        return top

    def source_of(self, span: Span) -> str:
        """The text at span, fit to be shown on one line."""
        return shortened(self._source[span[0] : span[1]])

    @property
    def _source(self) -> str:
        first = self.frames[0]
        assert isinstance(first, Frame)
        return first.code.source

    def _not_callable(self, value: Value, site: CallSite) -> ExpressionError:
        what = self.source_of(site.function_span)
        if site.argument_spans:
            inside = self.source_of((site.argument_spans[0][0], site.argument_spans[-1][1]))
            hint = f"for a product write {what}*({inside})"
        else:
            hint = f"write {what} without the brackets"
        return ExpressionError(
            f"{what} is {describe(value)}, not a function", code="call", span=site.span, hint=hint
        )  # fmt: skip

    def _placed(self, error: GradcliError, frame: Frame) -> GradcliError:
        """error with the place it arose at and, innermost first, the calls it came through."""
        source = frame.code.source
        if not error.marks:
            error.at(frame.code.spans[frame.position - 1], source)
        error.source = error.source or source
        if error.trail:  # it is on its way for the second time
            return error
        calls = [each.site for each in reversed(self.frames) if isinstance(each, Frame) and each.site is not None]
        shown = {id(site): (site.span, shortened(source[site.span[0] : site.span[1]])) for site in calls}
        error.trail.extend(shown[id(site)] for site in calls)
        return error


def _fresh(site: CallSite, position: int) -> bool:
    return site.starred is None and position < len(site.computed) and site.computed[position]
