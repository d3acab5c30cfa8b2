"""The decoder's weights and buffers as `step.c` takes them, and the call into it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.native import cross
from aurax.engines.musicgen.native.build import CannotBuild, load_library
from aurax.engines.musicgen.native.layout import (
    ACTIVATIONS,
    BLOCK,
    DTYPES,
    FORMATS,
    CacheStruct,
    LayerStruct,
    MatrixStruct,
    ModelStruct,
    Packed,
    StepPrecision,
    address,
    pack,
    padded_norm,
    rounded_up,
)
from aurax.engines.musicgen.weights import Affine, CrossWeights, DecoderWeights, LayerWeights

MOST_ROWS = 32
"""Rows that can always go through the layers together; more where there are more slots."""


class NativeModel:
    """A decoder that C can run. It holds packed copies of the weights, and those of cross-attention as they are.

    Args:
        weights: of the decoder.
        config: of the same checkpoint.
        precision: of weights and of cached keys and values.
        threads: of the CPU.
        cache_dir: where the compiled step is kept.

    Raises:
        CannotBuild: the step cannot be compiled here.
    """

    def __init__(
        self,
        weights: DecoderWeights,
        config: MusicGenConfig,
        precision: StepPrecision,
        threads: int,
        cache_dir: Path | None,
    ) -> None:
        self._config = config
        self._precision = precision
        self._library = _declared(load_library(cache_dir))
        self._layers = [_PackedLayer(layer, config, precision) for layer in weights.layers]
        self._norm = _norm(weights.norm)
        self._heads = pack(weights.heads, precision)
        self._slots = 0
        self._caches: list[_Cache] = []
        self._cross: list[cross.Cross] = []
        self._x = self._logits = torch.zeros(0)
        self._struct = ModelStruct()
        self._keep: list[object] = []
        self._pool = self._library.aurax_pool_create(max(1, threads))
        if not self._pool:
            raise CannotBuild("there is no memory for the threads of the step")
        self._threads = int(self._library.aurax_pool_threads(self._pool))

    @property
    def weight_bytes(self) -> int:
        """What a step reads of weights, the text's put into matrices included."""
        return (
            self._heads.nbytes
            + sum(layer.nbytes for layer in self._layers)
            + sum(each.query.nbytes + each.out.nbytes for each in self._cross)
        )

    def begin(self, text: Tensor | None, slots: int, positions: int) -> None:
        """Make ready for a piece.

        Args:
            text: float32, shape (tokens, hidden), what conditional rows attend to; None for nothing.
            slots: sequences.
            positions: of each.
        """
        self._require_open()
        config = self._config
        if text is not None and len(text) == 0:
            text = None
        self._cross = [] if text is None else [layer.cross_to(text, config.heads) for layer in self._layers]
        room = rounded_up(positions, BLOCK)
        if (slots, room) != (self._slots, int(self._struct.positions)):
            self._caches = [_Cache(config, slots, room, self._precision) for _ in self._layers]
        self._slots = slots
        self._struct = self._fill(0 if text is None else len(text), room)

    def _fill(self, tokens: int, room: int) -> ModelStruct:
        config = self._config
        narrow = rounded_up(config.hidden_size, BLOCK)
        wide = rounded_up(max(3 * config.hidden_size, config.heads * tokens), BLOCK)
        inner = rounded_up(config.ffn_size, BLOCK)
        rows = max(MOST_ROWS, self._slots)
        self._x = torch.zeros(rows, narrow)
        buffers = {
            "x": self._x,
            "normed": torch.zeros(rows, narrow),
            "queries": torch.zeros(rows, wide),
            "attended": torch.zeros(rows, narrow),
            "fed": torch.zeros(rows, inner),
            "scales": torch.zeros(rows),
            "scores": torch.zeros(self._threads, max(room, rounded_up(tokens, BLOCK))),
            "codes": torch.zeros(rows, max(narrow, inner, wide), dtype=torch.uint8),
        }
        self._logits = torch.zeros(rows, self._heads.outputs)
        layers = (LayerStruct * config.layers)(
            *(
                layer.struct(cache.struct(), self._cross[index] if self._cross else None)
                for index, (layer, cache) in enumerate(zip(self._layers, self._caches, strict=True))
            )
        )
        self._keep = [buffers, layers]
        return ModelStruct(
            layers=config.layers,
            hidden=config.hidden_size,
            heads=config.heads,
            head_dim=config.head_size,
            positions=room,
            format=FORMATS[self._precision],
            text_tokens=tokens,
            has_cross=int(bool(self._cross)),
            folded=int(cross.folds(tokens, config.head_size)),
            activation=ACTIVATIONS[config.activation],
            layer=layers,
            logits=self._heads.struct(),
            norm=_pointers(self._norm),
            narrow=narrow,
            wide=wide,
            inner=inner,
            **{name: address(buffer) for name, buffer in buffers.items()},
        )

    def advance(
        self, inputs: Tensor, slots: Sequence[int], positions: Sequence[int], *, conditional: int, logits: bool
    ) -> Tensor:
        """Take rows through all layers; their keys and values are kept.

        Args:
            inputs: float32, shape (rows, hidden).
            slots: of each row.
            positions: of each row. Those before it must have gone through, at the latest in the same call.
            conditional: the first so many rows attend to the text.
            logits: whether they are wanted.

        Returns:
            float32, shape (rows, codebooks × vocabulary), valid until the next call; of no rows if not wanted.
        """
        self._require_open()
        rows = len(inputs)
        room = int(self._struct.positions)
        if not (0 < rows <= len(self._x) and len(slots) == len(positions) == rows and 0 <= conditional <= rows):
            raise ValueError(f"{rows} rows for {len(slots)} slots and {len(positions)} positions")
        if not (min(slots) >= 0 and max(slots) < self._slots and min(positions) >= 0 and max(positions) < room):
            raise ValueError(f"slots {slots} at {positions}, where there are {self._slots} of {room} positions")
        self._x[:rows, : self._config.hidden_size] = inputs
        numbers = ctypes.c_int64 * rows
        self._library.aurax_step(
            self._pool,
            ctypes.byref(self._struct),
            rows,
            conditional,
            numbers(*slots),
            numbers(*positions),
            address(self._logits) if logits else None,
        )
        return self._logits[: rows if logits else 0, : self._config.codebooks * self._config.vocabulary]

    def share(self, slot: int, end: int, positions: int) -> None:
        """Give what a slot has kept to the slots after it.

        Args:
            slot: that has gone through these positions.
            end: the slot after the last one that gets them.
            positions: from 0 on.
        """
        for each in self._caches:
            each.share(slot, end, positions)

    def close(self) -> None:
        """Free all memory and end the threads; calling it again does nothing."""
        if self._pool:
            self._library.aurax_pool_destroy(self._pool)
        self._pool = None
        self._layers, self._caches, self._cross, self._keep = [], [], [], []
        self._x = self._logits = torch.zeros(0)
        self._struct = ModelStruct()
        self._slots = 0

    def __del__(self) -> None:
        if getattr(self, "_pool", None):
            self.close()

    def _require_open(self) -> None:
        if not self._pool:
            raise ValueError("the step is closed")


class _PackedLayer:
    def __init__(self, weights: LayerWeights, config: MusicGenConfig, precision: StepPrecision) -> None:
        self._precision = precision
        self._scale = config.head_size**-0.5
        qkv = weights.qkv.float().clone()
        qkv[: config.hidden_size] *= self._scale
        self._matrices = {
            "qkv": pack(qkv, precision),
            "out": pack(weights.out, precision),
            "up": pack(weights.ffn_in, precision),
            "down": pack(weights.ffn_out, precision),
        }
        self._cross = weights.cross
        self._cross_packed: tuple[Packed, Packed] | None = None
        self._norms = {"self_norm": _norm(weights.norm), "final_norm": _norm(weights.ffn_norm)}
        if weights.cross is not None:
            self._norms["cross_norm"] = _norm(weights.cross.norm)

    @property
    def nbytes(self) -> int:
        return sum(matrix.nbytes for matrix in self._matrices.values())

    def cross_to(self, text: Tensor, heads: int) -> cross.Cross:
        if self._cross is None:
            raise ValueError("text to attend to, for a model without cross-attention")
        if cross.folds(len(text), round(self._scale**-2)):
            return cross.fold(self._cross, text, heads, self._precision)
        return cross.attend(self._cross, text, heads, self._pack_cross(self._cross))

    def _pack_cross(self, weights: CrossWeights) -> tuple[Packed, Packed]:
        if self._cross_packed is None:
            query = pack(weights.query.float() * self._scale, self._precision)
            self._cross_packed = (query, pack(weights.out, self._precision))
        return self._cross_packed

    def struct(self, cache: CacheStruct, to: cross.Cross | None) -> LayerStruct:
        return LayerStruct(
            **{name: matrix.struct() for name, matrix in self._matrices.items()},
            **{name: _pointers(norm) for name, norm in self._norms.items()},
            cross_in=MatrixStruct() if to is None else to.query.struct(),
            cross_out=MatrixStruct() if to is None else to.out.struct(),
            cross=CacheStruct() if to is None else to.cache(),
            cache=cache,
        )


class _Cache:
    """Keys and values of one layer; nothing that was not written is ever used."""

    def __init__(self, config: MusicGenConfig, slots: int, room: int, precision: StepPrecision) -> None:
        size = config.head_size
        shape = (slots, config.heads, room)
        self._room = room
        self._keys = torch.empty((*shape, size), dtype=DTYPES[precision])
        self._values = torch.empty((*shape, rounded_up(size, BLOCK)), dtype=DTYPES[precision])
        self._scales = torch.empty((2, *shape)) if precision == "int8" else None

    def share(self, slot: int, end: int, positions: int) -> None:
        whole = rounded_up(positions, BLOCK)
        for part in (self._keys.flatten(2), self._values.flatten(2)):
            used = whole * part.shape[2] // self._room
            part[slot + 1 : end, :, :used] = part[slot, :, :used]
        if self._scales is not None:
            self._scales[:, slot + 1 : end, :, :whole] = self._scales[:, slot : slot + 1, :, :whole]

    def struct(self) -> CacheStruct:
        scales = (None, None) if self._scales is None else (address(self._scales[0]), address(self._scales[1]))
        return CacheStruct(address(self._keys), address(self._values), *scales)


def _norm(affine: Affine) -> tuple[Tensor, Tensor]:
    return padded_norm(affine.weight), padded_norm(affine.bias)


def _pointers(norm: tuple[Tensor, Tensor]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * 2)(address(norm[0]), address(norm[1]))


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    library.aurax_sizes.restype = ctypes.c_long
    for which, struct in enumerate((MatrixStruct, LayerStruct, ModelStruct)):
        if library.aurax_sizes(which) != ctypes.sizeof(struct):
            raise CannotBuild(f"the C compiler lays out {struct.__name__} in another way")
    library.aurax_pool_create.restype = ctypes.c_void_p
    library.aurax_pool_threads.argtypes = [ctypes.c_void_p]
    library.aurax_pool_destroy.argtypes = [ctypes.c_void_p]
    library.aurax_step.argtypes = [
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_long),
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.aurax_step.restype = None
    return library
