"""Files: arrays read from them, answers written to them.

Nothing here trusts a file. A file's kind and size are looked at before it is opened, what a header
claims is compared with what is there before memory is taken, and no reader in this module can run
code: headers are read with a pattern, pickles are not read at all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from . import limits
from .errors import DataError, FileError, GradcliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .results import Array

READABLE = (".json", ".csv", ".npy", ".npz")
WRITABLE = (".npz", ".npy", ".json")


def read_array(reference: str, what: str = "the value") -> Array:
    """The array in a file: `data.csv`, or `data.npz:name` for one of several.

    Files of kind .json (nested lists), .csv (numbers only), .npy and .npz are read, all as float64.
    `what` names the array in errors. Raises FileError where the file cannot be read, DataError where
    it does not hold numbers, LimitError where it holds too many.
    """
    path, name = _split(reference)
    if not path:
        raise FileError(f"{what}: `@` names no file", hint="write @ and the file's name: @data.csv")
    try:
        with opened(path) as file:
            return _reader(path, name)(file, path, name)
    except GradcliError as error:
        error.message = f"{what}: {error.message}"
        raise


def read_bytes(path: str, *, most: int | None = None) -> bytes:
    """A whole file, of at most `most` bytes and in any case no more than limits allow."""
    with opened(path, most=most) as file:
        return file.read()


def text(data: bytes, path: str) -> str:
    """The text in a file: its lines end in newlines alone, the last in none. Raises FileError where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").rstrip()
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise FileError(f"{path} is not UTF-8 text: byte 0x{byte:02x} at offset {error.start}") from None


@contextmanager
def opened(path: str, *, most: int | None = None) -> Iterator[IO[bytes]]:
    """A regular file, open for reading. FIFOs and devices are refused: they could block for ever."""
    try:
        with _open(path, most) as file:
            yield file
    except OSError as error:
        raise FileError(f"cannot read {path}: {reason(error)}") from error


def _open(path: str, most: int | None) -> IO[bytes]:
    if not path:
        raise FileError("cannot read a file without a name")
    try:
        status = os.stat(path)
    except ValueError as error:  # a NUL in the path
        raise FileError(f"cannot read {path}: {error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"{path} is {_kind(status.st_mode)}, not a file")
    if status.st_size > limits.current().file_bytes:
        raise limits.exceeded("file_bytes", f"{path} has {status.st_size:,} bytes")
    if most is not None and status.st_size > most:
        raise FileError(f"{path} has {status.st_size:,} bytes: more than the {most:,} that can be read here")
    return open(path, "rb")


def reason(error: OSError) -> str:
    """What the system said, as part of a sentence."""
    said = error.strerror or str(error) or type(error).__name__
    return said[:1].lower() + said[1:]


def _split(reference: str) -> tuple[str, str | None]:
    """`data.npz:name` into its two halves; a colon elsewhere belongs to the path."""
    path, colon, name = reference.rpartition(":")
    if colon and _ending(path) in READABLE:
        return os.path.expanduser(path), name
    return os.path.expanduser(reference), None


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _kind(mode: int) -> str:
    for test, name in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return name
    return "something else"


def _reader(path: str, name: str | None) -> Callable[[IO[bytes], str, str | None], Array]:
    ending = _ending(path)
    if ending not in READABLE:
        raise FileError(f"cannot tell what {path} holds", hint=f"files ending in {', '.join(READABLE)} are read")
    if name is not None and ending in (".csv", ".npy"):
        raise FileError(f"{path} holds one array, there is no `{name}` to pick")
    if ending == ".json":
        return _read_json
    from . import numeric_files

    return {".csv": numeric_files.read_csv, ".npy": numeric_files.read_npy, ".npz": numeric_files.read_npz}[ending]


def _read_json(file: IO[bytes], path: str, name: str | None) -> Array:
    from . import json_input

    try:
        content = json_input.load(file.read())
    except GradcliError as error:
        error.message = f"{path}: {error.message}"
        raise
    if name is not None:
        if not isinstance(content, dict) or name not in content:
            raise DataError(f"{path} has no key `{name}`", code="json")
        content = content[name]
    elif isinstance(content, dict):
        raise DataError(
            f"{path} holds an object, not an array",
            code="json",
            hint=f"pick one of its keys: @{path}:{next(iter(content), 'KEY')}",
        )
    return json_input.array(content, path)


def check_writable(path: str) -> None:
    """Raise before anything is computed for a `--save` that could not work."""
    ending = _ending(path)
    if ending not in WRITABLE:
        where = path or "a file without a name"
        raise UsageError(f"cannot save to {where}", hint=f"a file that ends in {', '.join(WRITABLE)} can be saved")
    try:
        directory = os.path.dirname(os.path.realpath(path)) or "."
    except ValueError:  # a NUL in the path
        raise FileError(f"cannot save {path}: no file's name has such a character") from None
    except OSError as error:  # the directory that all of this happens in is gone
        raise FileError(f"cannot save {path}: {reason(error)}") from error
    if not os.path.isdir(directory):
        raise FileError(f"cannot save {path}: there is no directory {os.path.dirname(path)}")
    if os.path.isdir(path):
        raise FileError(f"cannot save {path}: it is a directory")


def save(
    path: str, arrays: Mapping[str, Array], derivatives: Mapping[str, Array], text_form: Callable[[], str]
) -> None:
    """Write an answer whole or not at all: all its arrays (.npz), its one derivative (.npy), or its JSON,
    which text_form gives.

    Raises UsageError for an .npy where there is not exactly one derivative, FileError where the
    file cannot be written.
    """
    import numpy as np

    ending = _ending(path)
    if ending == ".npy" and len(derivatives) != 1:
        names = f" ({', '.join(derivatives)})" if derivatives else ""
        raise UsageError(f"an .npy file holds one array, here are {len(derivatives)}{names}", hint="save to .npz")
    with replacing(path) as file:
        if ending == ".npz":
            np.savez(file, **arrays)  # type: ignore[arg-type]  # the stub confuses the arrays with allow_pickle
        elif ending == ".npy":
            np.save(file, next(iter(derivatives.values())), allow_pickle=False)
        else:
            file.write(text_form().encode() + b"\n")


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to be written, which takes its place only when it is whole; until then the old one stays."""
    destination = os.path.realpath(path)
    directory, name = os.path.split(destination)
    beside = os.path.join(directory, f".{name}.{os.urandom(4).hex()}")
    try:
        with open(beside, "xb") as file:
            try:
                with suppress(FileNotFoundError):
                    os.chmod(beside, stat.S_IMODE(os.stat(destination).st_mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(beside, destination)
            except BaseException:
                os.unlink(beside)
                raise
    except OSError as error:
        raise FileError(f"cannot save {path}: {reason(error)}") from error
