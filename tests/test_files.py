"""Files are read strictly and written whole: truth comes from NumPy's own writers and from bytes made by hand."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradcli import files, limits
from gradcli.errors import DataError, FileError, GradcliError, LimitError, UsageError


def npy_header(shape: str, dtype: str = "<f8", fortran: bool = False) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def fails(path: Path | str, error: type[GradcliError] = DataError) -> str:
    with pytest.raises(error) as caught:
        files.read_array(str(path), "variable x")
    assert caught.value.message.startswith("variable x: ")
    return caught.value.message


# ---- .npy ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.arange(4.0),
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.arange(3, dtype=">i4"),
        np.arange(3, dtype=np.float16),
        np.array([np.nan, np.inf, -0.0]),
        np.array([2**63], dtype=np.uint64),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_npy_of_real_numbers(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    read = files.read_array(str(tmp_path / "a.npy"))
    assert read.dtype == np.float64 and read.shape == array.shape and read.flags.c_contiguous
    np.testing.assert_array_equal(read, array.astype(np.float64))


def test_npy_of_python_objects_is_refused_and_not_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "loaded"),)

    np.save(tmp_path / "a.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    assert "pickled" in fails(tmp_path / "a.npy")
    assert not (tmp_path / "loaded").exists()
    pickled = npy_header("(1,)") + pickle.dumps(Bomb())
    (tmp_path / "b.npy").write_bytes(pickled)
    assert "claims" in fails(tmp_path / "b.npy")
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize("dtype", [np.complex128, "U3", "M8[s]", [("a", "f8")]])
def test_npy_of_anything_but_real_numbers_is_refused(tmp_path: Path, dtype: object) -> None:
    np.save(tmp_path / "a.npy", np.zeros(2, dtype=dtype))  # type: ignore[call-overload]
    assert "not real numbers" in fails(tmp_path / "a.npy")


def test_npy_header_that_claims_too_much(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(npy_header("(100000000000,)") + bytes(64))
    assert "100,000,000,000" in fails(path, LimitError)
    path.write_bytes(npy_header("(1000,)") + bytes(64))
    assert "claims 1,000 numbers of 8 bytes, but 64 bytes follow" in fails(path)
    path.write_bytes(npy_header(str((1,) * 40)) + bytes(8))
    assert "axes" in fails(path, LimitError)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x09\x00" + bytes(100),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"\x93NUMPY\x01\x00\x0a\x00__import__",
        npy_header("(-1,)"),
        npy_header("(2**9,)"),
        npy_header("(1,)")[:-20],
    ],
)
def test_npy_that_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    assert ".npy" in fails(tmp_path / "a.npy")


# ---- .npz ------------------------------------------------------------------------------------------


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.arange(3.0), W=np.eye(2))
    np.testing.assert_array_equal(files.read_array(f"{path}:x"), np.arange(3.0))
    np.testing.assert_array_equal(files.read_array(f"{path}:W"), np.eye(2))
    with pytest.raises(DataError) as caught:
        files.read_array(str(path))
    assert "x, W" in caught.value.message and caught.value.hint == f"pick one: @{path}:x"
    assert "no array `y`" in fails(f"{path}:y")
    np.savez(path, only=np.ones(2))
    np.testing.assert_array_equal(files.read_array(str(path)), np.ones(2))


def test_npz_that_would_grow_without_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy_header("(1000000000000,)") + bytes(1_000_000))
        archive.writestr("y.npy", npy_header("(3,)") + bytes(1_000_000))
    assert "claims" in fails(f"{path}:x", LimitError)
    assert "claims 3 numbers of 8 bytes, but 1,000,000 bytes follow" in fails(f"{path}:y")


def test_npz_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.random.default_rng(0).random(1000))
    data = bytearray(buffer.getvalue())
    data[500:520] = bytes(20)
    path.write_bytes(data)
    fails(path)
    path.write_bytes(b"PK")
    fails(path)


# ---- .csv ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1;2\r\n3;4", [[1, 2], [3, 4]]),
        ("1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("1 2\n3   4\n", [[1, 2], [3, 4]]),
        ("\ufeffa, b\n1, 2\n\n3, 4\n", [[1, 2], [3, 4]]),
        ("# from numpy.savetxt\n1.0e+00,-2.5\n3,nan", [[1, -2.5], [3, np.nan]]),
        ("1,2,3\n", [1, 2, 3]),
        ("1\n2\n3\n", [1, 2, 3]),
        ("x\n1\n2\n", [1, 2]),
        ("7", [7]),
        ("inf,-Infinity,NaN", [np.inf, -np.inf, np.nan]),
    ],
)
def test_csv(tmp_path: Path, text: str, expected: list[object]) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode())
    np.testing.assert_array_equal(files.read_array(str(tmp_path / "a.csv")), np.array(expected, float))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no numbers"),
        ("# only a comment\n", "no numbers"),
        ("1,2\n3\n", "line 2: 1 numbers"),
        ("1,2\n3,x\n", "line 2, column 2: `x` is not a number"),
        ("1,\n", "line 1, column 2: the cell is empty"),
        ("1,2\n\n3,1_0\n", "line 3, column 2"),
        ("1,5;2,5\n", "line 1, column 1"),
        ("1,5;2,5\n3;4\n", "line 1, column 1: `1,5` is not a number"),
        ("\u22121,\u22122\n3,4\n", "line 1, column 1"),
        ("10%,20%\n3,4\n", "line 1, column 1"),
        ("1,1e400\n", "too large"),
        ("a,1\n2,3\n", "line 1, column 1"),
        ("a,b\n", "line 1, column 1"),
        ("1,٣\n", "line 1, column 2"),
    ],
)
def test_csv_with_something_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert words in fails(tmp_path / "a.csv")


def test_csv_hint_for_a_decimal_comma(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,5;2,5\n")
    with pytest.raises(DataError) as caught:
        files.read_array(str(tmp_path / "a.csv"))
    assert caught.value.hint is not None and "decimal comma" in caught.value.hint


def test_csv_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\n\xff\xfe,3\n")
    assert "line 2: this is not UTF-8" in fails(tmp_path / "a.csv")


def test_csv_line_limit(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n" + "1," * 100)
    with limits.overridden({"line_bytes": 50}):
        assert "line 2" in fails(tmp_path / "a.csv", LimitError)


# ---- .json -----------------------------------------------------------------------------------------


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[[1, 2], ["NaN", -0]]')
    read = files.read_array(str(path))
    np.testing.assert_array_equal(read, [[1, 2], [np.nan, 0]])
    assert np.signbit(read[1, 1])
    path.write_text('{"x": [1, 2], "W": 3}')
    np.testing.assert_array_equal(files.read_array(f"{path}:x"), [1, 2])
    assert "no key `y`" in fails(f"{path}:y")
    assert "holds an object" in fails(path)
    path.write_text("[1, 2")
    assert "not JSON" in fails(path)
    path.write_text("[" * 100_000)
    fails(path, LimitError)


# ---- what is no file -------------------------------------------------------------------------------


def test_what_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "a.txt").write_text("1")
    assert "a pipe" in fails(tmp_path / "pipe.csv", FileError)
    assert "a directory" in fails(tmp_path / "folder.csv", FileError)
    assert "a device" in fails("/dev/zero", FileError)
    assert "cannot tell" in fails(tmp_path / "a.txt", FileError)
    assert "no such file" in fails(tmp_path / "missing.csv", FileError)
    assert "names no file" in fails("", FileError)
    assert "cannot read" in fails("a\0.csv", FileError)


def test_file_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,2,3,4")
    with limits.overridden({"file_bytes": 7, "elements": 4}):
        assert files.read_array(str(path)).shape == (4,)
    with limits.overridden({"file_bytes": 6}):
        fails(path, LimitError)
    with limits.overridden({"elements": 3}):
        fails(path, LimitError)


# ---- saving ----------------------------------------------------------------------------------------

ANSWER = {"value": np.array(28.0), "gradient.x": np.arange(4.0), "gradient.y": np.eye(2)}


def test_save(tmp_path: Path) -> None:
    gradient = {"gradient.x": ANSWER["gradient.x"]}
    for ending in ("npz", "npy", "json"):
        files.save(str(tmp_path / f"a.{ending}"), ANSWER, gradient, lambda: '{"value": 28.0}')
    with np.load(tmp_path / "a.npz", allow_pickle=False) as read:
        assert list(read) == list(ANSWER)
        for name in read:
            np.testing.assert_array_equal(read[name], ANSWER[name])
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), np.arange(4.0))
    assert json.loads((tmp_path / "a.json").read_text()) == {"value": 28.0}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.npy", "a.npz"]


@pytest.mark.parametrize("count", [0, 2])
def test_npy_holds_exactly_one_array(tmp_path: Path, count: int) -> None:
    with pytest.raises(UsageError, match=f"here are {count}"):
        files.save(str(tmp_path / "a.npy"), ANSWER, dict(list(ANSWER.items())[:count]), str)
    assert not list(tmp_path.iterdir())


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(str(path)) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_saved_file_keeps_mode_and_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    files.save(str(link), {}, {}, lambda: "new")
    assert path.read_text() == "new\n" and link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_cannot_be_saved_is_known_beforehand(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    wrong = [("a.txt", UsageError), ("none/a.npz", FileError), ("folder.npz", FileError), ("a\0.npz", FileError)]
    for path, error in wrong:
        with pytest.raises(error):
            files.check_writable(str(tmp_path / path))
    files.check_writable(str(tmp_path / "a.npz"))
    files.check_writable("a.npz")


def test_a_directory_that_cannot_be_written_to() -> None:
    with pytest.raises(FileError, match="cannot save"):
        files.save("/proc/a.json", {}, {}, str)
