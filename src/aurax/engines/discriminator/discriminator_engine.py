"""The discriminator: features, a small ONNX network, one severity for each defect, one quality for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from aurax.engines.checking import check_request
from aurax.engines.discriminator.card import ModelCard, read_card
from aurax.engines.discriminator.features import WINDOW_SAMPLES, Features, window_starts, windows
from aurax.engines.engine import Cancel, Chunk, Device, EngineContext, EngineInfo, cancelled
from aurax.engines.requests import DiscriminationRequest, Request
from aurax.errors import BadCheckpoint, BadEngineOutput, InvalidOption, NoGpu, SilentAudio

MODEL = Path(__file__).with_name("discriminator.onnx")
SHORTEST_S = 1.0
_SILENT_RMS = 10 ** (-70 / 20)
_FATAL = 4
_LOCAL = frozenset({"noise", "dropout", "collapse"})
"""Defects that spoil a song wherever they are; the others count by what a quarter of the song reaches."""


class DiscriminatorEngine:
    """Judges audio.

    Args:
        info: what it is.
        session: the network.
        card: names its outputs.
    """

    def __init__(self, info: EngineInfo, session: onnxruntime.InferenceSession, card: ModelCard) -> None:
        self.info = info
        self._session: onnxruntime.InferenceSession | None = session
        self._card = card

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Listen in windows of six seconds; the measurements come with the last chunk. See `Engine.stream`.

        They are `defect/<name>`, `quality` and `defect/<name>/at_s`, where the window begins in which the defect is
        worst. Silent windows are left out.

        Raises:
            InvalidOption: the audio is shorter than a second, or an intended defect is unknown.
            SilentAudio: no window is above −70 dBFS.
        """
        check_request(self.info, request)
        if not isinstance(request, DiscriminationRequest):
            raise InvalidOption("a request to judge", type(request).__name__, "use a DiscriminationRequest")
        self._check(request)
        samples = request.audio.samples
        total = len(window_starts(samples.shape[1]))
        heard: list[NDArray[np.float32]] = []
        starts: list[int] = []
        done = 0
        for batch, features in windows(samples):
            if cancel.is_set():
                raise cancelled(self.info.name)
            loud = [
                place
                for place, start in enumerate(batch)
                if _rms(samples[:, start : start + WINDOW_SAMPLES]) > _SILENT_RMS
            ]
            if loud:
                heard.append(self._run(Features(*(kind[loud] for kind in features))))
                starts += [batch[place] for place in loud]
            done += len(batch)
            if done < total:
                yield Chunk({}, done / total)
        if not heard:
            raise SilentAudio("audio above −70 dBFS", "only silence", "give some audio that can be heard")
        yield Chunk({}, 1.0, self._measure(np.concatenate(heard), starts, request))

    def close(self) -> None:
        """Free the network."""
        self._session = None

    def _check(self, request: DiscriminationRequest) -> None:
        if request.audio.duration_s < SHORTEST_S:
            raise InvalidOption(
                f"audio of at least {SHORTEST_S:g} s for {self.info.name}",
                f"{request.audio.duration_s:.2f} s",
                "give it more to hear",
            )
        unknown = sorted(set(request.intended) - set(self._card.floors))
        if unknown:
            raise InvalidOption(
                f"intended defects among {', '.join(self._card.floors)}", ", ".join(unknown), "choose among these"
            )

    def _run(self, features: Features) -> NDArray[np.float32]:
        if self._session is None:
            raise InvalidOption(f"{self.info.name} to be open", "it was closed", "load it again")
        severity = np.asarray(self._session.run(None, features._asdict())[0], np.float32)
        if not np.isfinite(severity).all():
            raise BadEngineOutput(
                f"finite severities from {self.info.name}", "NaN or infinity", "check the audio for NaN"
            )
        return severity

    def _measure(
        self, severity: NDArray[np.float32], starts: list[int], request: DiscriminationRequest
    ) -> dict[str, float]:
        measured: dict[str, float] = {}
        quality = 1.0
        for place, (defect, floor) in enumerate(self._card.floors.items()):
            of_windows = severity[:, place]
            found = float(of_windows.max() if defect in _LOCAL else np.quantile(of_windows, 0.75))
            measured[f"defect/{defect}"] = found
            measured[f"defect/{defect}/at_s"] = starts[int(of_windows.argmax())] / request.audio.sample_rate
            if defect not in request.intended:
                quality *= 1 - max(0.0, found - floor) / (1 - floor)
        return {"quality": quality, **measured}


def load_discriminator(info: EngineInfo, context: EngineContext, model: Path = MODEL) -> DiscriminatorEngine:
    """Load the network that ships with AURA-X.

    Args:
        info: what it is.
        context: `device` "cuda" runs it on a GPU; "auto" stays on the CPU, which is as fast for so small a network.
        model: an ONNX file with a model card of the same name (`.json`) next to it.

    Raises:
        BadCheckpoint: the model or its card is missing, damaged or of another shape.
        NoGpu: a GPU is wanted and onnxruntime can use none.
    """
    card = read_card(model.with_suffix(".json"))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = context.threads or 0
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=_providers(info.name, context.device))
    except NoGpu:
        raise
    except Exception as error:  # onnxruntime's errors share no base class
        raise BadCheckpoint(
            f"the network of {info.name} in {model.name}", str(error).splitlines()[0], "install AURA-X again"
        ) from error
    inputs = tuple(one.name for one in session.get_inputs())
    outputs = [one.shape[-1] for one in session.get_outputs()]
    if inputs != Features._fields or outputs != [len(card.floors)]:
        raise BadCheckpoint(
            f"a network from {', '.join(Features._fields)} to {len(card.floors)} severities",
            f"one from {', '.join(inputs)} to {outputs}",
            "install AURA-X again",
        )
    return DiscriminatorEngine(info, session, card)


def _providers(engine: str, device: Device) -> list[str]:
    if device != "cuda":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise NoGpu(f"a GPU for {engine}", "an onnxruntime without CUDA", "set AURAX_DEVICE to cpu")
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(samples).mean()))
