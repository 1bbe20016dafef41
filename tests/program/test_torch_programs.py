"""Programs as tutorials write them: everything they show is what PyTorch shows for the same text."""

import pytest

from .running import shown, written
from .torch_twin import assert_same, by_torch


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, about what a program does on purpose
@pytest.mark.parametrize("source", written("torch_programs"))
def test_a_program_shows_what_pytorch_shows(source):
    source = "import torch\n" + source.strip() + "\n"
    wanted = by_torch(source)
    found = shown(source)
    assert len(found) == len(wanted)
    for (line, value, _), expected in zip(found, wanted, strict=True):
        text = source.splitlines()[line - 1]
        try:
            assert_same([value], [expected], 1e-12)
        except AssertionError as error:
            raise AssertionError(f"line {line}: {text}: {value} is not {expected}") from error


NAMES = {
    "x + 1": "Add",
    "x - 1": "Sub",
    "x * 2": "Mul",
    "x / 2": "Div",
    "-x": "Neg",
    "x ** 3": "Pow",
    "torch.exp(x)": "Exp",
    "torch.sin(x)": "Sin",
    "torch.log(x)": "Log",
    "torch.tanh(x)": "Tanh",
    "x.sigmoid()": "Sigmoid",
    "torch.relu(x)": "Relu",
    "x.abs()": "Abs",
    "x.sum()": "Sum",
    "x.mean()": "Mean",
    "x.prod()": "Prod",
    "x[0]": "Select",
    "x[1:]": "Slice",
    "x.view(2, 2)": "View",
    "x.reshape(2, 2)": "View",
    "x.view(2, 2).T": "Permute",
    "x.clone()": "Clone",
    "torch.dot(x, x)": "Dot",
    "torch.softmax(x, dim=0)": "Softmax",
    "x.std()": "Std",
    "x.max()": "Max",
    "x.clamp(min=0)": "Clamp",
    "x.unsqueeze(0)": "Unsqueeze",
    "x[x > 0]": "Index",
    "x.view(2, 2).t()": "T",
    "x.view(2, 2).mm(x.view(2, 2))": "Mm",
    "torch.nn.functional.mse_loss(x, 2 * x)": "MseLoss",
    "torch.cat([x, x])": "Cat",
    "torch.stack([x, x])": "Stack",
    "torch.where(x > 0, x, -x)": "Where",
}


@pytest.mark.parametrize("expression", NAMES)
def test_what_made_a_result_is_named_as_in_pytorch(expression):
    torch = pytest.importorskip("torch")
    x = torch.ones(4, requires_grad=True)
    name = eval(expression, {"torch": torch, "x": x}).grad_fn.name()
    program = f"import torch\nx = torch.ones(4, requires_grad=True)\ny = {expression}\ny.grad_fn"
    ((_, _, words),) = shown(program)
    assert words == (f"<{name}>",)
