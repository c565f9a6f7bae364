"""Machine instructions that numba has no name for, to be used in compiled loops."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# numba calls the functions here with types, and what they give with values, of its own making.
Made = Any


def _instruction(maker: Callable[..., Made]) -> Made:
    """What compiled loops call: numba adds the first argument and has no type for the rest."""
    return intrinsic(maker)


@_instruction
def lowest_bit(_: Made, value: Made) -> Made:
    """The number of the lowest bit that is set in a 64-bit number."""

    def generate(_: Made, builder: Made, __: Made, arguments: Made) -> Made:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(value), generate


@_instruction
def bits_set(_: Made, value: Made) -> Made:
    """How many bits are set in a 64-bit number."""

    def generate(_: Made, builder: Made, __: Made, arguments: Made) -> Made:
        return builder.ctpop(arguments[0])

    return types.uint64(value), generate


@_instruction
def eight_bytes(_: Made, content: Made, at: Made) -> Made:
    """Eight bytes from anywhere in an array of bytes, as one number; nothing checks that they are there."""

    def generate(context: Made, builder: Made, signature: Made, arguments: Made) -> Made:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(builder.bitcast(array.data, ir.IntType(8).as_pointer()), [arguments[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(content, at), generate
