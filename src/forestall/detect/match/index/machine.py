"""The processor's own instructions that the index needs and Python cannot say.

These are reading memory at an address, counting ones in many lanes at once, and asking for memory ahead of time.
They are written as LLVM code, so that every processor gets what it has (AVX-512, AVX2, NEON, or plain instructions).
Addresses come from arrays that the caller keeps alive; nothing here checks them.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 32
"""16-bit lanes compared at once; arrays of them are followed by that many more which may be read and are not counted."""

_WORD = types.uint64


def _peek(bits: int) -> Any:
    """Give the intrinsic that reads element `index` of an array of unsigned integers of that many bits."""

    @intrinsic
    def peek(_context: Any, _address: Any, _index: Any) -> Any:
        """Read one element."""

        def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
            kind = ir.IntType(bits)
            at = builder.gep(
                builder.inttoptr(values[0], kind.as_pointer()), [values[1]], inbounds=True, source_etype=kind
            )
            loaded = builder.load(at, align=bits // 8, typ=kind)
            return loaded if bits == 64 else builder.zext(loaded, ir.IntType(64))

        return _WORD(_WORD, _WORD), generate

    return peek


peek8: Any = _peek(8)
peek16: Any = _peek(16)
peek32: Any = _peek(32)
peek64: Any = _peek(64)


@intrinsic
def _lowest(_context: Any, _word: Any) -> Any:
    """Give the place of the lowest one in a word that is not zero."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return _WORD(_WORD), generate


@intrinsic
def _ahead(_context: Any, _address: Any) -> Any:
    """Ask for the cache line at an address; any address is harmless."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(fetch, [builder.inttoptr(values[0], byte), number(0), number(3), number(1)])
        return ir.Constant(ir.IntType(64), 0)

    return _WORD(_WORD), generate


def _vector(builder: Any, value: Any, kind: Any, lanes: int) -> Any:
    """Give a vector with the same value in every lane."""
    vector = ir.VectorType(kind, lanes)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(
        one, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    )


def _count(builder: Any, vector: Any, name: str) -> Any:
    """Count the ones lane by lane."""
    kind = ir.FunctionType(vector.type, [vector.type])
    return builder.call(builder.module.declare_intrinsic(f"llvm.ctpop.{name}", [], kind), [vector])


@intrinsic
def _near_lanes(_context: Any, _address: Any, _value: Any, _allowed: Any) -> Any:
    """Compare a 16-bit value with the 32 at an address; bit i of the result says that the i-th differs in no more than `allowed` bits."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        lane = ir.IntType(16)
        vector = ir.VectorType(lane, LANES)
        held = builder.load(builder.inttoptr(values[0], vector.as_pointer()), align=2, typ=vector)
        asked = _vector(builder, builder.trunc(values[1], lane), lane, LANES)
        allowed = _vector(builder, builder.trunc(values[2], lane), lane, LANES)
        apart = _count(builder, builder.xor(held, asked), f"v{LANES}i16")
        fits = builder.icmp_unsigned("<=", apart, allowed)
        return builder.zext(builder.bitcast(fits, ir.IntType(LANES)), ir.IntType(64))

    return _WORD(_WORD, _WORD, _WORD), generate


@intrinsic
def _apart(_context: Any, _address: Any, _first: Any, _second: Any, _third: Any, _fourth: Any) -> Any:
    """Count the bits in which the four words at an address differ from four others."""

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        word = ir.IntType(64)
        vector = ir.VectorType(word, 4)
        held = builder.load(builder.inttoptr(values[0], vector.as_pointer()), align=8, typ=vector)
        asked = ir.Constant(vector, ir.Undefined)
        for place in range(4):
            asked = builder.insert_element(asked, values[place + 1], ir.IntType(32)(place))
        counted = _count(builder, builder.xor(held, asked), "v4i64")
        kind = ir.FunctionType(word, [vector])
        return builder.call(builder.module.declare_intrinsic("llvm.vector.reduce.add.v4i64", [], kind), [counted])

    return _WORD(_WORD, _WORD, _WORD, _WORD, _WORD), generate


_TURNED = [4 * (t >> 2) + 3 - (t & 3) for t in range(16)]
"""Where chunk t of a hash lies among the 16-bit lanes of its words: their most significant comes first in the hash, last in memory."""

FIRST_SHIFT = 16


@intrinsic
def _meeting(_context: Any, _address: Any, _first: Any, _second: Any, _third: Any, _fourth: Any, _loose: Any) -> Any:
    """Compare the four words at an address with four others, chunk by chunk.

    Gives the differing bits in the low 16 bits of the result, and above them the first chunk that differs in at most `loose` bits
    and together with the next in at most 2 * loose + 1; 16 where there is none.
    """

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        word, lane, number = ir.IntType(64), ir.IntType(16), ir.IntType(32)
        four, chunks = ir.VectorType(word, 4), ir.VectorType(lane, 16)
        held = builder.load(builder.inttoptr(values[0], four.as_pointer()), align=8, typ=four)
        asked = ir.Constant(four, ir.Undefined)
        for place in range(4):
            asked = builder.insert_element(asked, values[place + 1], number(place))
        counted = _count(builder, builder.bitcast(builder.xor(held, asked), chunks), "v16i16")
        none = ir.Constant(chunks, ir.Undefined)
        order, following = (
            ir.Constant(ir.VectorType(number, 16), [_TURNED[(t + step) % 16] for t in range(16)]) for step in (0, 1)
        )
        here = builder.shuffle_vector(counted, none, order)
        both = builder.add(here, builder.shuffle_vector(counted, none, following))
        loose = builder.trunc(values[5], lane)
        pair = builder.add(builder.shl(loose, lane(1)), lane(1))
        fits = builder.and_(
            builder.icmp_unsigned("<=", here, _vector(builder, loose, lane, 16)),
            builder.icmp_unsigned("<=", both, _vector(builder, pair, lane, 16)),
        )
        mask = builder.or_(builder.zext(builder.bitcast(fits, lane), word), word(1 << 16))
        first = builder.cttz(mask, ir.Constant(ir.IntType(1), 1))
        kind = ir.FunctionType(lane, [chunks])
        added = builder.call(builder.module.declare_intrinsic("llvm.vector.reduce.add.v16i16", [], kind), [counted])
        return builder.or_(builder.zext(added, word), builder.shl(first, word(FIRST_SHIFT)))

    return _WORD(_WORD, _WORD, _WORD, _WORD, _WORD, _WORD), generate


# To the type checker, an intrinsic still wants its typing context.
lowest: Any = _lowest
ahead: Any = _ahead
near_lanes: Any = _near_lanes
apart: Any = _apart
meeting: Any = _meeting
