"""Readers of numeric files: .csv, .npy and .npz.

NumPy's own loader is not used for .npy: it would evaluate the header and could unpickle. The format
(https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) is simple enough to be read
with a pattern, and what a header claims is compared with the file's size before memory is taken.
"""

from __future__ import annotations

import math
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING

import numpy as np

from . import limits
from .errors import DataError
from .json_input import bounded
from .text import shortened

if TYPE_CHECKING:
    from .results import Array

_MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    r"\{\s*'descr':\s*(?:'(?P<dtype>[^']*)'|(?P<fields>\[.*\])),"
    r"\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[\dL,\s]*)\),?\s*\}\s*"
)
_DTYPE = re.compile(r"[<>|=]?(?:f[248]|[iu][1248]|b1)")
_LONGEST_HEADER = 65_536
_MEANT = re.compile(r"[-+\u2212\u2013\d.,'%\s]*\d[-+\u2212\u2013\d.,'%eE\s]*")
"""A cell that is meant as a number, though perhaps not written as one is here: `1,5`, `1 000`, `−3`."""
_NUMBER = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII)


def read_npy(file: IO[bytes], path: str, name: str | None = None) -> Array:
    """The array of an .npy file."""
    return _read_npy(file, os.fstat(file.fileno()).st_size, path)


def read_npz(file: IO[bytes], path: str, name: str | None) -> Array:
    """One array of an .npz file: the one called `name`, or the only one."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [member.removesuffix(".npy") for member in archive.namelist() if member.endswith(".npy")]
            member = archive.getinfo(_chosen(names, path, name) + ".npy")
            with archive.open(member) as inside:
                return _read_npy(inside, member.file_size, f"{path}:{member.filename.removesuffix('.npy')}")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"{path} is not an .npz file that can be read: {error}", code="file") from None


def _chosen(names: list[str], path: str, name: str | None) -> str:
    listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    if name is None:
        if len(names) == 1:
            return names[0]
        hint = f"pick one: @{path}:{names[0]}" if names else None
        raise DataError(f"{path} holds {len(names)} arrays ({listed or 'none'})", code="file", hint=hint)
    if name not in names:
        raise DataError(f"{path} holds no array `{shortened(name)}`", code="file", hint=f"it holds {listed or 'none'}")
    return name


def _read_npy(file: IO[bytes], size: int, path: str) -> Array:
    """An array from its .npy form, of which `size` bytes are said to be there."""
    dtype, fortran, shape, begin = _header(file, path)
    count = math.prod(shape)
    if count > limits.current().elements:
        raise limits.exceeded("elements", f"{path} claims {count:,} numbers")
    if len(shape) > limits.current().rank:
        raise limits.exceeded("rank", f"{path} claims {len(shape)} axes")
    if size - begin != count * dtype.itemsize:
        raise DataError(
            f"{path} claims {count:,} numbers of {dtype.itemsize} bytes, but {max(size - begin, 0):,} bytes follow",
            code="file",
        )
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise DataError(f"{path} is cut short", code="file")
    numbers = np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(numbers, dtype=np.float64).reshape(shape)


def _header(file: IO[bytes], path: str) -> tuple[np.dtype[np.generic], bool, tuple[int, ...], int]:
    """dtype, Fortran order, shape, and the offset at which the numbers begin."""
    start = file.read(8)
    if start[:6] != _MAGIC or len(start) < 8:
        raise DataError(f"{path} is not an .npy file", code="file")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if start[6] not in (1, 2, 3) or length > _LONGEST_HEADER:
        raise DataError(f"{path} has an .npy header that cannot be read", code="file")
    header = file.read(length).decode("utf-8", "replace")
    match = _HEADER.fullmatch(header)
    if match is None:
        raise DataError(f"{path} has an .npy header that cannot be read", code="file")
    text = match["dtype"] or "fields"
    if "O" in text:
        raise DataError(f"{path} holds pickled Python objects, which are never loaded", code="file")
    if not _DTYPE.fullmatch(text):
        what = f"dtype `{shortened(text)}`" if match["dtype"] else "records"
        raise DataError(f"{path} holds {what}, not real numbers", code="file")
    shape = tuple(int(part) for part in match["shape"].replace("L", "").split(",") if part.strip())
    return np.dtype(text), match["fortran"] == "True", shape, 8 + width + length


def read_csv(file: IO[bytes], path: str, name: str | None = None) -> Array:
    """Numbers separated by commas, semicolons, tabs or blanks; one row, or one column, is a vector.

    A first line of names, blank lines, and lines that begin with `#` are passed over. Nothing else is:
    an empty cell, a word, a decimal comma or a row of another length is an error that names its place.
    """
    lines = _lines(file, path)
    try:
        first, separator = _first_row(lines)
    except StopIteration:
        raise DataError(f"{path} holds no numbers", code="file") from None
    try:
        with np.errstate(all="ignore"):
            numbers = np.loadtxt(
                (text for _, text in chain([first], lines)), delimiter=separator, comments=None, ndmin=2
            )
        suspicious = not np.isfinite(numbers).all()  # inf is right where it is written so, wrong where it was 1e400
    except ValueError:
        suspicious = True
    if suspicious:
        file.seek(0)
        lines = _lines(file, path)
        first, separator = _first_row(lines)
        numbers = _careful(chain([first], lines), separator, path)
    return bounded(numbers.reshape(-1) if 1 in numbers.shape else numbers, path)


def _lines(file: IO[bytes], path: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their 1-based numbers."""
    bound = limits.current().line_bytes
    number = 0
    while line := file.readline(bound + 1):
        number += 1
        if len(line) > bound:
            raise limits.exceeded("line_bytes", f"{path}, line {number} is too long")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip(" \r\n")
        except UnicodeDecodeError:
            raise DataError(f"{path}, line {number}: this is not UTF-8 text", code="file") from None
        if text and not text.startswith("#"):
            yield number, text


def _first_row(lines: Iterator[tuple[int, str]]) -> tuple[tuple[int, str], str | None]:
    """The first line of numbers, and what separates them (None: blanks). Passes over a line of names."""
    number, text = next(lines)
    separator = next((mark for mark in ";\t," if mark in text), None)
    cells = _cells(text, separator)
    if all(cells) and not any(_NUMBER.fullmatch(cell) or _MEANT.fullmatch(cell) for cell in cells):
        number, text = next(lines, (number, text))
    return (number, text), separator


def _cells(text: str, separator: str | None) -> list[str]:
    return [cell.strip() for cell in text.split(separator)]


def _careful(lines: Iterable[tuple[int, str]], separator: str | None, path: str) -> Array:
    """The slow way, which finds the first cell that is wrong."""
    rows: list[list[float]] = []
    for line, text in lines:
        cells = _cells(text, separator)
        rows.append([_cell(cell, f"{path}, line {line}, column {column}") for column, cell in enumerate(cells, 1)])
        if len(cells) != len(rows[0]):
            raise DataError(
                f"{path}, line {line}: {len(cells)} numbers, where the first line has {len(rows[0])}", code="shape"
            )
    return np.array(rows, dtype=np.float64)


def _cell(cell: str, place: str) -> float:
    if not cell:
        raise DataError(f"{place}: the cell is empty", hint="a number that is missing can be written nan")
    if not _NUMBER.fullmatch(cell):
        hint = "a decimal comma is not read: write 1.5" if re.fullmatch(r"[-+]?\d+,\d+", cell) else None
        raise DataError(f"{place}: `{shortened(cell)}` is not a number", hint=hint)
    number = float(cell)
    if math.isinf(number) and cell.lstrip("+-")[0] not in "iI":
        raise DataError(f"{place}: `{shortened(cell)}` is too large for a float64")
    return number
