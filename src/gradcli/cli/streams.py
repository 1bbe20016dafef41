"""Streams of records: read as they arrive, answered in order, one for one.

What arrives together is looked at together: records of one form (the same names, the same request but for
numbers) are answered by one run where that gives each of them what it would get by itself (see `together`),
and one by one where it does not. Nothing waits for more to arrive.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from .. import json_input, requests
from ..errors import DataError, GradcliError
from ..report.json import encode
from ..report.json_lines import encode_lines
from . import variables
from .literals import PREFIX, Lifted, lift
from .session import as_error
from .together import Apart, Streamed, columns

if TYPE_CHECKING:
    from ..requests import Numbered, Request
    from .commands import Command
    from .environment import Environment
    from .helping import Answers, Helper, Helpers, Lines
    from .serve import Given
    from .session import Session

_FEW: Final = 4
"""So many records cost no more one by one."""
_SHARE: Final = 64
"""Records that are handed to a helper at one time, where they are of many forms."""
_MOST_HELD: Final = 2**23
"""Characters of answers that may wait for those before them."""
_LONGEST_HELD: Final = 0.05
"""Seconds that an answer may lie waiting for others to be written with."""


class Source:
    """Where the records come from: `read`, and what share of a regular file has been read."""

    def __init__(self, read: Callable[[int], bytes], file: Any) -> None:
        self._read, self._taken = read, 0
        self._size = _size(file)

    @classmethod
    def of_stdin(cls, environment: Environment) -> Source:
        """Standard input."""
        return cls(environment.read, environment.stdin)

    def read(self, size: int) -> bytes:
        """Up to size bytes; none at the end."""
        data = self._read(size)
        self._taken += len(data)
        return data

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nobody knows how much there is."""
        return self._taken / self._size if self._size else None


def _size(file: Any) -> int:
    """How many bytes there are still to read of a regular file; 0 of anything else."""
    try:
        found = os.fstat(file.fileno())
        return found.st_size - file.tell() if stat.S_ISREG(found.st_mode) else 0
    except (AttributeError, OSError, ValueError):
        return 0


class Entry(NamedTuple):
    """A record of a stream.

    plain is what its JSON says, or the error in that; form all that it asks but for numbers, None where it has
    to stand alone; values those numbers, by variable; lifted its expression, where numbers of that are among them.
    """

    number: int
    plain: Any
    form: Hashable = None
    values: Mapping[str, Any] = {}
    lifted: Lifted | None = None


class Reader(Protocol):
    """What the records of a stream mean."""

    def entry(self, number: int, plain: Any) -> Entry:
        """A record as it stands among others."""

    def request(self, plain: Any) -> Request:
        """What it asks. Raises GradcliError."""


class Values:
    """Records that are values of variables, over those of a request."""

    def __init__(self, base: Request) -> None:
        self._base = base

    def entry(self, number: int, plain: Any) -> Entry:
        return Entry(number, plain, tuple(plain), plain) if isinstance(plain, dict) else Entry(number, plain)

    def request(self, plain: Any) -> Request:
        return requests.from_plain_values(plain, self._base)


class Requests:
    """Records that are whole requests; base says what they leave out."""

    def __init__(self, command: Command, given: Given, base: Request, keys: Sequence[str]) -> None:
        self._command, self._given, self._base, self._keys = command, given, base, keys

    def entry(self, number: int, plain: Any) -> Entry:
        values = plain.get("variables", {}) if isinstance(plain, dict) else None
        if not isinstance(values, dict):
            return Entry(number, plain)
        # written out, since true and 1.0 are equal, and 0.0 and -0.0
        others = tuple(f"{key!r}: {plain[key]!r}" for key in plain if key not in ("variables", "expression"))
        expression = plain.get("expression")
        lifted = lift(expression) if isinstance(expression, str) else None
        if lifted is None or PREFIX in "".join(values):
            return Entry(number, plain, (tuple(values), None, repr(expression), others), values)
        numbers = dict(zip(lifted.names, lifted.values, strict=True))
        return Entry(number, plain, (tuple(values), lifted.source, None, others), {**values, **numbers}, lifted)

    def request(self, plain: Any) -> Request:
        command = self._command
        request = requests.from_plain(plain, self._base, command.name, self._keys)
        if command.needs and not _is_given(getattr(request, command.needs)):
            raise DataError(f"a request to {command.name} needs `{command.needs}`", code="json")
        expression = compiled(request.expression, request.seed)
        names = expression.variables, request.wrt or (), command.name, expression.constants
        variables.check_names(self._given["assignments"], *names)
        return request


def _is_given(value: Any) -> bool:
    return value is not None and (not isinstance(value, dict) or bool(value))


@lru_cache(maxsize=64)
def compiled(source: str, seed: int) -> Streamed:
    """An expression, remembered: a stream asks for the same one again and again."""
    return Streamed(source, seed=seed)


class Stream:
    """Answers records as they come; a bad one gets an error in its place."""

    def __init__(
        self, session: Session, command: Command, reader: Reader, *, strict: bool, helpers: Helpers | None = None
    ) -> None:
        self._session, self._command, self._reader, self._strict = session, command, reader, strict
        self._helpers = helpers
        self._written = monotonic()

    def answer(self, arrived: Sequence[Numbered]) -> None:
        """Answer what has arrived together."""
        if self._helpers is None or len(arrived) < 4 * _SHARE:
            self._answer(list(map(self._entry, arrived)))
            return
        entries = list(map(self._entry, arrived[:_SHARE]))
        if len({entry.form for entry in entries}) * _FEW > len(entries):
            self._answer(entries)
            self._share(arrived[_SHARE:], self._helpers)
        else:
            self._answer(entries + list(map(self._entry, arrived[_SHARE:])))

    def _share(self, arrived: Sequence[Numbered], helpers: Helpers) -> None:
        """Answer records of many forms, some of them by helpers: in each round a part here, and one by each of them.

        They are asked for their parts of the next round before those of this one are waited for.
        """
        parts = deque(arrived[start : start + _SHARE] for start in range(0, len(arrived), _SHARE))
        crew: list[Helper] = []
        while parts and not crew:
            self._answer(list(map(self._entry, parts.popleft())))
            crew = [helper for helper in helpers.wanted() if helper.ready]
        rounds = [list(islice(parts, start, start + len(crew) + 1)) for start in range(0, len(parts), len(crew) + 1)]
        ahead = self._ask(crew, rounds[0]) if rounds else []
        for number, (own, *theirs) in enumerate(rounds, 1):
            asked, ahead = ahead, self._ask(crew, rounds[number]) if number < len(rounds) else []
            self._answer(list(map(self._entry, own)))
            for helper, part, was_asked in zip(crew, theirs, asked, strict=False):
                answers = helper.answers() if was_asked else None
                if answers is None:
                    self._answer(list(map(self._entry, part)))
                else:
                    self._pass_on(answers)

    def _ask(self, crew: Sequence[Helper], parts: Sequence[Sequence[Numbered]]) -> list[bool]:
        """Ask helpers about their parts of a round, the first of which is no helper's; whether each has taken it."""
        lines = map(_lines_of, parts[1:])
        return [each is not None and helper.ask(each) for helper, each in zip(crew, lines, strict=False)]

    def _pass_on(self, answers: Answers) -> None:
        self._session.status = max(self._session.status, answers.status)
        if answers.err:
            self._session.say(answers.err)
        self._write(answers.out)

    def _answer(self, entries: list[Entry]) -> None:
        runs = [list(run) for _, run in groupby(entries, attrgetter("form"))]
        if len(runs) * _FEW > len(entries) > _FEW:
            self._interleaved(entries)
        else:
            for run in runs:
                self._run(run)

    def _entry(self, numbered: Numbered) -> Entry:
        number, record = numbered
        if isinstance(record, GradcliError):
            return Entry(number, record)
        try:
            return self._reader.entry(number, json_input.load(record))
        except Exception as exception:  # whatever it is, it is this record's
            return Entry(number, exception)

    def _run(self, run: list[Entry]) -> None:
        """Answer neighbours of one form."""
        for part, lines in self._parts(run):
            if lines is None:
                for entry in part:
                    self._one(entry)
            else:
                self._write("".join(lines))

    def _interleaved(self, entries: list[Entry]) -> None:
        """Answer records of several forms by turns: where the first of a form is due, those that follow are asked too.

        Answers that are not yet due are held, up to a bound on them.
        """
        forms: dict[Hashable, deque[Entry]] = {}
        for entry in entries:
            forms.setdefault(entry.form, deque()).append(entry)
        held: dict[int, str] = {}
        size = 0
        for entry in entries:
            same = forms[entry.form]
            if entry.number not in held and len(same) > _FEW and size < _MOST_HELD:
                for part, lines in self._parts(list(same)):
                    for later, line in zip(part, lines or (), strict=False):
                        held[later.number] = line
                        size += len(line)
                forms[entry.form] = deque()  # what is not held now goes one by one
            elif same:
                same.popleft()
            if entry.number in held:
                size -= len(held[entry.number])
                self._write(held.pop(entry.number))
            else:
                self._one(entry)

    def _parts(self, run: list[Entry]) -> Iterator[tuple[list[Entry], list[str] | None]]:
        """Records of one form in parts, in order, with their answers; None where they are to be asked one by one."""
        waiting = [run]
        while waiting:
            part = waiting.pop()
            lines, most = self._attempt(part)
            if lines is None and most > _FEW:
                waiting += [part[start : start + most] for start in range(0, len(part), most)][::-1]
            else:
                yield part, lines

    def _attempt(self, part: list[Entry]) -> tuple[list[str] | None, int]:
        """The answers to records of one form, or None, and how many may be tried instead."""
        if len(part) <= _FEW or part[0].form is None:
            return None, 1
        try:
            return self._lines(part), len(part)
        except Apart as apart:
            return None, min(apart.most, len(part) // 2)
        except Exception:  # of one of these records, which will be told by itself
            return None, len(part) // 2

    def _lines(self, part: list[Entry]) -> list[str]:
        """The answers to records of one form. Raises Apart."""
        first = part[0]
        rows = columns([entry.values for entry in part])
        request = self._reader.request(first.plain)
        expression = compiled(request.expression, request.seed)
        if first.lifted is None:
            return encode_lines(expression.together(self._command, request, rows), len(part))
        alone = encode(self._command.compute(expression, request))
        request = _of_lifted(request, first.lifted)
        result = compiled(request.expression, request.seed).together(self._command, request, rows, first.lifted.names)
        lines = encode_lines(result, len(part), [entry.plain["expression"] for entry in part])
        if lines[0] != alone + "\n":
            raise Apart(1)
        return lines

    def _one(self, entry: Entry) -> None:
        plain = entry.plain
        try:
            if isinstance(plain, Exception):
                raise plain
            request = self._reader.request(plain)
            result = self._command.compute(compiled(request.expression, request.seed), request)
            if self._strict:
                from . import answers

                answers.require_finite(result)
            self._session.answer(result)
        except Exception as exception:  # whatever it is, it is this record's; the next ones are answered
            if self._session.environment.stdout.broken:
                raise
            self._session.fail(as_error(exception), line=entry.number)
        self._flush_in_time()

    def _write(self, lines: str) -> None:
        self._session.environment.stdout.write(lines.encode())
        self._flush_in_time()

    def _flush_in_time(self) -> None:
        now = monotonic()
        if now - self._written > _LONGEST_HELD:
            self._session.environment.stdout.flush()
            self._written = now


def _lines_of(arrived: Sequence[Numbered]) -> Lines | None:
    """Records as a helper can be given them: none of them is an error already."""
    lines = [(number, record) for number, record in arrived if isinstance(record, bytes)]
    return lines if len(lines) == len(arrived) else None


def _of_lifted(request: Request, lifted: Lifted) -> Request:
    """The same request, of the expression whose numbers are variables."""
    numbers = {name: np.array(value) for name, value in zip(lifted.names, lifted.values, strict=True)}
    by_direction = request.tangent or request.vector
    wrt = tuple(request.variables) if request.wrt is None and not by_direction else request.wrt
    return request.replaced(expression=lifted.source, wrt=wrt, variables={**request.variables, **numbers})
