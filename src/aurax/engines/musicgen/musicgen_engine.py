"""MusicGen behind the interface of all engines: text, and where the model takes it a melody, to audio as it is made."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from aurax.engines.checking import check_request
from aurax.engines.engine import Cancel, Chunk, EngineContext, EngineInfo, Precision, cancelled, require_finite
from aurax.engines.memory import free_cached, pick_device, translated
from aurax.engines.musicgen.codec import Codec
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.decoder import StepBackend, TorchStep
from aurax.engines.musicgen.linear import settle
from aurax.engines.musicgen.native.backend import NativeStep
from aurax.engines.musicgen.native.backend import available as why_not_native
from aurax.engines.musicgen.piece import Piece
from aurax.engines.musicgen.text import TextEncoder
from aurax.engines.musicgen.tokens import TokenDecoder
from aurax.engines.musicgen.weights import DecoderWeights, load_weights
from aurax.engines.musicgen.windows import KEEP_S, WINDOW_S
from aurax.engines.requests import GenerationRequest, Request
from aurax.errors import BadCheckpoint, InvalidOption


class MusicGenEngine:
    """A loaded MusicGen. It serves one stream at a time; beginning another ends the one before.

    All candidates of a request are decoded together and each chunk holds all of them; each depends on its own seed
    alone. Audio to continue opens every candidate as it was given, untouched by the codec but for its last 50 ms
    (see `output.Output`), and the model goes on from its codes.

    Args:
        info: what it is.
        config: of the checkpoint.
        backend: of the language model.
        text: reads the prompt.
        codec: turns codes into audio.
        window_s: most that the model takes at once; MusicGen was trained on 30 s.
        keep_s: how much of what is there it takes in a piece of several windows.
    """

    def __init__(
        self,
        info: EngineInfo,
        config: MusicGenConfig,
        backend: StepBackend,
        text: TextEncoder,
        codec: Codec,
        *,
        window_s: float = WINDOW_S,
        keep_s: float = KEEP_S,
    ) -> None:
        self._info = info
        self._config = config
        self._parts: tuple[StepBackend, TextEncoder, Codec] | None = (backend, text, codec)
        self._turn = object()
        self._window = round(window_s * config.frame_rate)
        self._keep = round(keep_s * config.frame_rate)

    @property
    def info(self) -> EngineInfo:
        """What it is."""
        return self._info

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """A fifth of a second, then a second of every candidate at a time; see `Engine.stream`."""
        check_request(self._info, request)
        if not isinstance(request, GenerationRequest):
            raise InvalidOption("a request to generate", type(request).__name__, "use a GenerationRequest")
        if self._parts is None:
            raise InvalidOption(f"{self._info.name} to be open", "it was closed", "load it again")
        if cancel.is_set():
            raise cancelled(self._info.name)
        backend, text, codec = self._parts
        turn = self._turn = object()
        try:
            with translated(self._info.name):
                piece = Piece(request, self._config, codec, text.encode(request.prompt), self._window, self._keep)
                for chunk in piece.play(TokenDecoder(backend, self._config), cancel):
                    for samples in chunk.audio.values():
                        require_finite(self._info.name, samples)
                    yield chunk
                    self._require_turn(turn)
        finally:
            free_cached()

    def close(self) -> None:
        """Free all memory; calling it again does nothing."""
        if self._parts is not None:
            self._parts[0].close()
        self._parts = None
        self._turn = object()
        free_cached()

    def _require_turn(self, turn: object) -> None:
        """The language model remembers one piece: a caller that asks for more of an older one would get a mixture."""
        if self._turn is not turn:
            raise InvalidOption(
                f"one stream of {self._info.name} at a time",
                "another was begun, or it was closed, before this one ended",
                "finish one before the next, or load the engine twice",
            )


def load_musicgen(
    info: EngineInfo, context: EngineContext, *, window_s: float = WINDOW_S, keep_s: float = KEEP_S
) -> MusicGenEngine:
    """Load a checkpoint in the published format: `config.json`, safetensors, and the tokenizer's files.

    Args:
        info: of the engine; the checkpoint must have its channels, and take a melody if it does.
        context: where and how.
        window_s: as of `MusicGenEngine`.
        keep_s: as of `MusicGenEngine`.

    Raises:
        MissingWeights: the folder or a file is not there.
        BadCheckpoint: a file is truncated or a pickle, or the model is of another kind.
        NoGpu: a GPU was asked for where there is none.
        OutOfMemory: the device's memory does not suffice.
    """
    device = pick_device(context.device)
    folder = context.folder(info.name)
    config = MusicGenConfig.read(folder)
    _require_kind(info, config)
    if context.threads is not None and device.type == "cpu":
        torch.set_num_threads(context.threads)
    try:
        with translated(info.name):
            text = TextEncoder.load(folder, device.type)
            codec = Codec.load(folder, config.channels, device.type)
            backend = make_backend(load_weights(folder, config), config, context, device)
    finally:
        free_cached()
    return MusicGenEngine(info, config, backend, text, codec, window_s=window_s, keep_s=keep_s)


def make_backend(
    weights: DecoderWeights, config: MusicGenConfig, context: EngineContext, device: torch.device
) -> StepBackend:
    """The fastest way to run the language model here.

    On a CPU that is one call into C for each step, where a C compiler is at hand; elsewhere, and where results are to
    be compared (fp32, fp64), it is torch.

    Args:
        weights: of the language model.
        config: of the same checkpoint.
        context: tells precision and threads.
        device: to run on.
    """
    precision: Precision = settle(context.precision, device)
    if (
        device.type == "cpu"
        and (precision == "int8" or precision == "bf16")
        and why_not_native(context.cache_dir) is None
    ):
        return NativeStep(weights, config, precision=precision, threads=context.threads, cache_dir=context.cache_dir)
    return TorchStep(weights, config, device, precision)


def _require_kind(info: EngineInfo, config: MusicGenConfig) -> None:
    wanted, found = (
        f"{'stereo' if channels == 2 else 'mono'}, {'with' if melody else 'without'} a melody"
        for channels, melody in ((info.channels, "melody" in info.conditions), (config.channels, config.is_melody))
    )
    if wanted != found:
        raise BadCheckpoint(
            f"a MusicGen that is {wanted}, for {info.name}",
            f"one that is {found}",
            f"put the weights of facebook/{info.name} there",
        )
    if config.sample_rate != info.sample_rate:
        raise BadCheckpoint(
            f"a MusicGen at {info.sample_rate} Hz, for {info.name}",
            f"one at {config.sample_rate} Hz",
            f"put the weights of facebook/{info.name} there",
        )
