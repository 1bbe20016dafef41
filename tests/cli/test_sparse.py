"""--sparse, from the command line to the file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from running import Gradcli

import gradcli as api
from gradcli.report.page import Page
from gradcli.report.table import pieces

ROSENBROCK = "sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)"
STENCIL = "x[2:] - 2*x[1:-1] + x[:-2] + sin(x[1:-1])"
LAPLACIAN = "u[2:,1:-1] + u[:-2,1:-1] + u[1:-1,2:] + u[1:-1,:-2] - 4*u[1:-1,1:-1] + exp(u[1:-1,1:-1])"


def dense(matrix: dict) -> np.ndarray:
    whole = np.zeros(matrix["shape"])
    whole[matrix["row"], matrix["col"]] = matrix["data"]
    return whole


def test_a_jacobian_in_json(gradcli: Gradcli):
    answer = gradcli("jacobian", STENCIL, "--x", "linspace(0,1,7)", "--sparse", "--json").answer
    assert list(answer) == [
        "command", "expression", "mode", "value", "jacobian", "colours", "passes", "notes",
    ]  # fmt: skip
    assert (answer["mode"], answer["colours"], answer["passes"], answer["notes"]) == ("forward", 3, 3, [])
    matrix = answer["jacobian"]["x"]
    assert list(matrix) == ["shape", "row", "col", "data"]
    assert matrix["shape"] == [5, 7]
    assert list(zip(matrix["row"], matrix["col"], strict=True)) == [(i, i + k) for i in range(5) for k in range(3)]
    wanted = gradcli("jacobian", STENCIL, "--x", "linspace(0,1,7)", "--json").answer["jacobian"]["x"]
    assert dense(matrix).tolist() == wanted


def test_a_hessian_in_json_has_the_gradient_beside_it(gradcli: Gradcli):
    values = ("--x", "1,2;3,4", "--y", "0.5")
    whole = gradcli("hessian", "sum(sin(x))*y + x[0,1]^3", *values, "--json").answer
    answer = gradcli("hessian", "sum(sin(x))*y + x[0,1]^3", *values, "--sparse", "--json").answer
    assert answer["gradient"] == whole["gradient"]
    assert answer["mode"] == "forward-over-reverse"
    for a, row in whole["hessian"].items():
        for b, block in row.items():
            found = answer["hessian"][a][b]
            assert_allclose(dense(found), np.reshape(block, found["shape"]), rtol=1e-15)
    assert answer["hessian"]["y"]["y"] == {"shape": [1, 1], "row": [], "col": [], "data": []}


def test_modes(gradcli: Gradcli):
    for mode in ("forward", "reverse"):
        answer = gradcli("jacobian", "x*y", "--x", "1,2", "--y", "3,4", "--mode", mode, "--sparse", "--json").answer
        assert answer["mode"] == mode
        assert answer["colours"] == (2 if mode == "forward" else 1)
        assert dense(answer["jacobian"]["x"]).tolist() == [[3.0, 0.0], [0.0, 4.0]]
        assert dense(answer["jacobian"]["y"]).tolist() == [[1.0, 0.0], [0.0, 2.0]]
    words = {"auto": "forward-over-reverse", "forward": "forward-over-forward", "reverse": "reverse-over-reverse"}
    for mode, said in words.items():
        answer = gradcli("hessian", "sum(x^3)", "--x", "1,2", "--mode", mode, "--sparse", "--json").answer
        assert answer["mode"] == said
        assert answer["hessian"]["x"]["x"] == {"shape": [2, 2], "row": [0, 1], "col": [0, 1], "data": [6.0, 12.0]}


def test_requests_and_streams(gradcli: Gradcli):
    lines = [
        {"expression": "x^2", "variables": {"x": [1, 2]}, "sparse": True},
        {"expression": "x^2", "variables": {"x": [1, 2]}},
    ]
    sparse, whole = gradcli("jacobian", "-", stdin="\n".join(map(json.dumps, lines))).answers
    assert sparse["jacobian"]["x"]["data"] == [2.0, 4.0]
    assert whole["jacobian"]["x"] == [[2.0, 0.0], [0.0, 4.0]]
    records = [{"x": [i, i + 1.5, -i]} for i in range(12)]
    done = gradcli("jacobian", "sin(x)*x[0]", "--vars", "-", "--sparse", stdin="\n".join(map(json.dumps, records)))
    assert len(done.answers) == 12
    for record, answer in zip(records, done.answers, strict=True):
        alone = api.jacobian("sin(x)*x[0]", record).jacobian["x"]
        assert_allclose(dense(answer["jacobian"]["x"]), alone, rtol=1e-15)


def test_only_jacobians_and_hessians_are_sparse(gradcli: Gradcli):
    done = gradcli("grad", "sum(x)", "--x", "1,2", "--sparse")
    assert done.status == 2
    assert "--sparse" in done.err
    done = gradcli("grad", "-", stdin='{"expression": "x^2", "variables": {"x": 1}, "sparse": true}')
    assert "sparse" in done.answer["error"]["message"]


def test_the_python_interface():
    at = np.linspace(-1, 1, 6)
    found = api.hessian(ROSENBROCK, {"x": at}, sparse=True)
    assert isinstance(found, api.SparseHessianResult)
    block = found.hessian["x"]["x"]
    assert isinstance(block, api.SparseMatrix)
    wanted = api.hessian(ROSENBROCK, {"x": at})
    assert_allclose(block.to_dense(), wanted.hessian["x"]["x"], rtol=1e-14)
    assert_allclose(block.to_scipy().toarray(), wanted.hessian["x"]["x"], rtol=1e-14)
    assert_allclose(found.gradient["x"], wanted.gradient["x"])
    f = api.Expression(LAPLACIAN)
    for shape in ((4, 5), (6, 6), (4, 5)):
        u = np.linspace(-1, 1, shape[0] * shape[1]).reshape(shape)
        matrix = f.jacobian({"u": u}, sparse=True).jacobian["u"]
        assert_allclose(matrix.to_dense(), f.jacobian({"u": u}).jacobian["u"].reshape(matrix.shape), rtol=1e-14)


# ---- notes -------------------------------------------------------------------------------------------------


def test_notes_are_those_of_the_dense_matrix(gradcli: Gradcli):
    cases = [
        ("abs(x)", "0,1"), ("max(x)*x", "2,2"), ("where(x > 0, sqrt(x), 0)", "-1,4"), ("sqrt(x)", "0,1"),
        ("floor(x)", "0.5,2"), ("detach(x)", "1,2"), ("log(x)", "-1,1"),
    ]  # fmt: skip
    for expression, value in cases:
        sparse = gradcli("jacobian", expression, "--x", value, "--sparse", "--json").answer
        whole = gradcli("jacobian", expression, "--x", value, "--json").answer
        assert sparse["value"] == whole["value"]
        kinds = [note["kind"] for note in sparse["notes"] if note["kind"] != "dense"]
        assert kinds == [note["kind"] for note in whole["notes"]], expression


def test_a_dense_matrix_is_called_that(gradcli: Gradcli):
    (note,) = gradcli("hessian", "logsumexp(x)", "--x", "1,2,3", "--sparse", "--json").answer["notes"]
    assert note["kind"] == "dense"
    assert "9 entries" in note["message"]
    assert not gradcli("hessian", "sum(x^3)", "--x", "1,2", "--sparse", "--json").answer["notes"]
    assert not gradcli("hessian", "x^3", "--x", "1", "--sparse", "--json").answer["notes"]


def test_too_dense_is_a_limit(gradcli: Gradcli):
    done = gradcli("hessian", "logsumexp(x)", "--x", "linspace(0,1,100000)", "--sparse")
    assert done.status == 6
    assert "10,000,000,000 entries" in done.err


def test_strict_names_the_entry(gradcli: Gradcli):
    done = gradcli("jacobian", "sqrt(x)", "--x", "1,0,4", "--sparse", "--strict")
    assert done.status == 5
    assert "jacobian.x[1, 1] is inf" in done.err


def test_check(gradcli: Gradcli):
    answer = gradcli("jacobian", "x*sin(y)", "--x", "1,2", "--y", "3,4", "--sparse", "--check", "--json").answer
    assert answer["check"]["verdict"] == "pass"
    assert answer["check"]["total"] == 8
    answer = gradcli("hessian", "sum(x^2*y)", "--x", "1,2", "--y", "3,4", "--sparse", "--check", "--json").answer
    assert answer["check"]["verdict"] == "pass"


# ---- files -------------------------------------------------------------------------------------------------


def test_scipy_reads_what_is_saved(gradcli: Gradcli, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    path = tmp_path / "H.npz"
    assert gradcli("hessian", ROSENBROCK, "--x", "linspace(-1,1,9)", "--sparse", "--save", str(path)).status == 0
    matrix = sparse.load_npz(path)
    assert matrix.format == "coo"
    assert_allclose(matrix.toarray(), api.hessian(ROSENBROCK, {"x": np.linspace(-1, 1, 9)}).hessian["x"]["x"])
    with np.load(path) as archive:
        assert archive["gradient.x"].shape == (9,)
        assert archive["value"].shape == ()


def test_several_matrices_have_a_file_each(gradcli: Gradcli, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    path = tmp_path / "out.npz"
    gradcli("hessian", "sum(x^2)*y", "--x", "1,2,3", "--y", "4", "--sparse", "--save", str(path))
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["out.npz", "out.x.x.npz", "out.x.y.npz", "out.y.x.npz", "out.y.y.npz"]
    assert sparse.load_npz(tmp_path / "out.x.y.npz").toarray().tolist() == [[2.0], [4.0], [6.0]]
    with np.load(path) as archive:
        assert sorted(archive) == ["gradient.x", "gradient.y", "value"]
    gradcli("jacobian", "x*y", "--x", "1,2", "--y", "4,5", "--sparse", "--save", str(tmp_path / "J.npz"))
    assert sparse.load_npz(tmp_path / "J.y.npz").toarray().tolist() == [[1.0, 0.0], [0.0, 2.0]]


def test_other_kinds_of_file(gradcli: Gradcli, tmp_path):
    done = gradcli("jacobian", "x^2", "--x", "1,2", "--sparse", "--save", str(tmp_path / "J.npy"))
    assert done.status == 2
    assert ".npz" in done.err
    gradcli("jacobian", "x^2", "--x", "1,2", "--sparse", "--save", str(tmp_path / "J.json"))
    assert json.loads((tmp_path / "J.json").read_text())["jacobian"]["x"]["data"] == [2.0, 4.0]


# ---- pictures ----------------------------------------------------------------------------------------------


def test_a_small_matrix_has_a_sign_an_entry_and_its_entries(gradcli: Gradcli):
    out = gradcli("jacobian", STENCIL, "--x", "0,1,2,3", "--sparse").out
    assert "2 × 4, 6 entries, 2 colours" in out
    assert "│× × × .│\n  │. × × ×│" in out
    assert "y[1]   x[3]" in out


def test_a_larger_one_is_drawn_in_dots(gradcli: Gradcli):
    out = gradcli("jacobian", STENCIL, "--x", "linspace(0,1,500)", "--sparse").out
    picture = [line.strip()[1:-1] for line in out.splitlines() if line.strip().startswith("│")]
    assert len(picture) == 20
    assert len({len(line) for line in picture}) == 1
    assert all("\u2800" < character <= "\u28ff" or character == " " for line in picture for character in line)
    assert picture[0][0] != " "
    assert picture[-1][-1] != " "
    assert picture[0][-1] == picture[-1][0] == " "
    assert "1,494 entries, 3 colours" in out
    assert "x[17]   1" not in out


@pytest.mark.parametrize("size", [9, 500])
def test_ascii(size):
    result = api.jacobian(STENCIL, {"x": np.linspace(0, 1, size)}, sparse=True)
    out = "".join(pieces(result, Page(encoding="ascii")))
    assert out.isascii()
    picture = [line.strip()[1:-1] for line in out.splitlines() if line.strip().startswith("|")]
    assert picture[0][0] == ("x" if size == 9 else "*")
    assert picture[0][-1] in " ."
    assert f"{size - 2} x {size}, " in out


@pytest.mark.parametrize(
    ("expression", "value"),
    [("x^2", "3"), ("sum(x^2)", "1,2,3"), ("[x, x^2]", "3"), ("floor(x)", "1,2"), ("x[:0]", "1,2")],
)
def test_shapes_at_the_edge(gradcli: Gradcli, expression, value):
    done = gradcli("jacobian", expression, "--x", value, "--sparse")
    assert done.status == 0, done.err
    assert "Jacobian: y by x" in done.out
    answer = gradcli("jacobian", expression, "--x", value, "--sparse", "--json").answer
    whole = np.array(gradcli("jacobian", expression, "--x", value, "--json").answer["jacobian"]["x"])
    matrix = answer["jacobian"]["x"]
    assert_allclose(dense(matrix), whole.reshape(matrix["shape"]))


def test_a_wide_matrix_and_a_tall_one(gradcli: Gradcli):
    for expression in ("sum(reshape(x, (2, 300)), 1)", "outer(x, [1,2])"):
        done = gradcli("jacobian", expression, "--x", "linspace(0,1,600)", "--sparse")
        assert done.status == 0
        assert all(len(line) <= 80 for line in done.out.splitlines())
