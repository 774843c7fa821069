"""Memory is asked here for what a kernel will need soon: a hint, which changes when it is at hand and nothing else."""

from collections.abc import Callable
from typing import Any, Final, cast

from llvmlite import ir
from numba.core import cgutils, config, types
from numba.extending import intrinsic

LINE: Final = 64
"""Bytes that memory brings at once."""
READ, KEEP, DATA = 0, 3, 1
"""What LLVM's prefetch is told: the line will be read, shall stay near, and holds no code."""

Ask = Callable[[Any, int], None]


def _ask_nothing(_rows: object, _at: int) -> None:
    """Python fetches what it needs when it needs it."""


def _prefetch(_: object, rows: Any, at: Any) -> Any:  # noqa: ANN401 - numba has no types
    """Tell numba what ask_for takes, and how it is compiled: an instruction for each line of the row."""
    width = rows.dtype.bitwidth // 8

    def compiled(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401 - as above
        array = context.make_array(signature.args[0])(context, builder, args[0])
        stride, byte, word = builder.extract_value(array.strides, 0), ir.IntType(8).as_pointer(), ir.IntType(32)
        row = builder.gep(builder.bitcast(array.data, byte), [builder.mul(args[1], stride)])
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        prefetch = cast("Any", cgutils).get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        last = builder.sub(stride, stride.type(1))
        for offset in (*(stride.type(start) for start in range(0, width, LINE)), last):
            builder.call(prefetch, [builder.gep(row, [offset]), word(READ), word(KEEP), word(DATA)])
        return context.get_dummy_value()

    return types.void(rows, at), compiled


ask_for: Final = cast("Ask", _ask_nothing if vars(config)["DISABLE_JIT"] else intrinsic(_prefetch))
"""ask_for(rows, at): ask memory for row `at` of an array, and go on."""
