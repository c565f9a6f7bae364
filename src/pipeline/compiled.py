"""How loops are compiled (numba): once, kept on disk between runs, without holding the interpreter's lock."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar

from numba import njit

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Integer: TypeAlias = Any
"""An integer in a compiled loop: of 32 or 64 bits, signed or not, as numba infers. Python has no types for these."""


def compiled(loop: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The same function in machine code. Compiling takes seconds, once; where no folder can be written, each time."""
    try:
        return _typed(loop, njit(nogil=True, cache=True)(loop))
    except RuntimeError:
        # numba found neither the package's folder nor the user's cache folder writable.
        return _typed(loop, njit(nogil=True)(loop))


def inlined(step: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A small function that compiled loops take into their own code."""
    return _typed(step, njit(inline="always")(step))


def _typed(_: Callable[Parameters, Result], code: object) -> Callable[Parameters, Result]:
    """Compiled code under the type of the function it was made from, which numba does not tell."""
    return code  # type: ignore[return-value]  # it takes and gives the same
