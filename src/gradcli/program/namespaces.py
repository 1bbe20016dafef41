"""Which dotted names are namespaces, and which names make a program one that differentiates.

Namespaces exist so that what was written for PyTorch, NumPy or JAX can be pasted: `torch.sin`,
`np.linalg.norm` and `F.relu` are the language's own functions under other names.
"""

from __future__ import annotations

CONSTANTS = {
    "e": 2.718281828459045,
    "pi": 3.141592653589793,
    "tau": 6.283185307179586,
    "inf": float("inf"),
    "nan": float("nan"),
}
"""What a bare name stands for where no variable takes it."""

ROOTS = {
    "autograd": "autograd",
    "jax": "jax",
    "jnp": "jax.numpy",
    "math": "math",
    "np": "numpy",
    "numpy": "numpy",
    "scipy": "scipy",
    "torch": "torch",
}
"""Namespaces that need no import."""

SHORT_ROOTS = {"F": "torch.nn.functional", "nn": "torch.nn"}
"""Likewise, unless a variable takes the name."""

MODULES = frozenset(
    (
        "abc", "copy", "math", "functools", "typing", "__future__", "collections", "dataclasses", "itertools", "random",
        "time", "tqdm", "tqdm.auto", "tqdm.notebook", "warnings", "matplotlib", "matplotlib.pyplot",
        "scipy", "scipy.linalg", "scipy.special",
        "numpy", "numpy.linalg", "numpy.random", "numpy.testing", "torch.testing",
        "torch", "torch.amp", "torch.cuda.amp", "torch.utils.checkpoint", "torch.distributions",
        "torch.distributions.bernoulli", "torch.distributions.beta", "torch.distributions.categorical",
        "torch.distributions.cauchy", "torch.distributions.exponential", "torch.distributions.gamma",
        "torch.distributions.gumbel", "torch.distributions.half_normal", "torch.distributions.independent",
        "torch.distributions.kl", "torch.distributions.laplace", "torch.distributions.log_normal",
        "torch.distributions.multivariate_normal", "torch.distributions.normal", "torch.distributions.poisson",
        "torch.distributions.studentT", "torch.distributions.uniform", "torch.jit",
        "torch.autograd", "torch.autograd.functional", "torch.cuda", "torch.func", "torch.linalg",
        "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.parameter", "torch.nn.utils", "torch.optim",
        "torch.optim.lr_scheduler", "torch.random", "torch.special", "torch.utils", "torch.utils.data",
        "jax", "jax.config", "jax.lax", "jax.nn", "jax.numpy", "jax.numpy.linalg", "jax.random", "jax.scipy",
        "jax.scipy.special", "jax.tree", "jax.tree_util",
        "autograd", "autograd.numpy", "autograd.numpy.linalg", "autograd.numpy.random", "autograd.scipy",
        "autograd.scipy.special",
    )
)  # fmt: skip
"""Every dotted name that is a namespace."""

DIFFERENTIATORS = frozenset(
    (
        "elementwise_grad", "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp", "value_and_grad", "vjp",
    )
)  # fmt: skip
"""Functions that take what to differentiate for: where they occur, a number that is given a name is a variable."""

STATEFUL = frozenset(
    (
        "backward",
        "enable_grad",
        "grad",
        "grad_fn",
        "is_leaf",
        "no_grad",
        "requires_grad",
        "requires_grad_",
        "retain_grad",
        "retains_grad",
        "set_grad_enabled",
    )
)
"""Attributes that only PyTorch's tensors have: a program that uses them is read as PyTorch's."""


EXCEPTIONS = {
    "BaseException": "",
    "Exception": "BaseException",
    **dict.fromkeys(
        (
            "ArithmeticError", "AssertionError", "AttributeError", "ImportError", "LookupError", "NameError", "OSError",
            "RuntimeError", "StopIteration", "TypeError", "ValueError", "Warning",
        ), "Exception",
    ),
    **dict.fromkeys(("FloatingPointError", "OverflowError", "ZeroDivisionError"), "ArithmeticError"),
    **dict.fromkeys(("IndexError", "KeyError"), "LookupError"),
    **dict.fromkeys(("DeprecationWarning", "RuntimeWarning", "UserWarning"), "Warning"),
    "FileNotFoundError": "OSError",
    "GeneratorExit": "BaseException",
    "KeyboardInterrupt": "BaseException",
    "ModuleNotFoundError": "ImportError",
    "NotImplementedError": "RuntimeError",
    "UnboundLocalError": "NameError",
}  # fmt: skip
"""Python's exceptions that have a name of their own, and by each the one above it."""

ITERATION = frozenset(("iter", "next"))
"""Functions that few programs call."""


def is_torch(path: str) -> bool:
    """Whether a dotted name lies in PyTorch."""
    return path == "torch" or path.startswith("torch.")
