"""The mastering engine: tone, glue, limiter; toward a neutral balance or a reference. It needs no GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from aurax.audio.loudness import integrated_lufs
from aurax.audio.true_peak import true_peak_dbtp
from aurax.engines.checking import check_request
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled
from aurax.engines.requests import MasteringRequest, Request
from aurax.errors import InvalidOption
from aurax.mix.mastering import master
from aurax.mix.reference import master_to_reference
from aurax.mix.settings import MixSettings
from aurax.score.production import ProductionProfile, SpectrumTarget

_LOUDNESS_LUFS = -14.0

_NEUTRAL = ProductionProfile(
    role_level_lu={},
    sidechain_bass_db=0.0,
    sidechain_pad_db=0.0,
    sidechain_release_s=0.2,
    reverb_return_lu=-20.0,
    reverb_s=1.0,
    spectrum=SpectrumTarget(
        peak_hz=70.0,
        slope_100_1k_db_per_octave=-5.0,
        slope_1k_5k_db_per_octave=-4.0,
        slope_5k_15k_db_per_octave=-6.5,
        low_over_1k_db=16.0,
    ),
)
"""The balance of pop records. Source: docs/facts/mix.md#spectrum."""


class MasteringEngine:
    """Finishes mixes.

    Args:
        info: what it is.
    """

    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """The whole master in one chunk, with what was measured of it; see `Engine.stream`.

        Raises:
            SilentAudio: the mix or the reference holds no sound.
        """
        check_request(self.info, request)
        if not isinstance(request, MasteringRequest):
            raise InvalidOption("a request to master", type(request).__name__, "use a MasteringRequest")
        if cancel.is_set():
            raise cancelled(self.info.name)
        measured: dict[str, float] = {}
        if request.reference is not None:
            finished, match = master_to_reference(
                request.mix,
                request.reference,
                loudness_lufs=request.loudness_lufs,
                ceiling_dbtp=request.ceiling_dbtp,
            )
            measured = {f"reference/{name}": float(value) for name, value in asdict(match).items()}
        else:
            profile = _NEUTRAL.model_copy(update={"ceiling_dbtp": request.ceiling_dbtp})
            target = _LOUDNESS_LUFS if request.loudness_lufs is None else request.loudness_lufs
            finished = master(request.mix, profile, MixSettings(), loudness_lufs=target)
        if cancel.is_set():
            raise cancelled(self.info.name)
        measured["integrated_lufs"] = integrated_lufs(finished)
        measured["true_peak_dbtp"] = true_peak_dbtp(finished)
        yield Chunk({"master": finished.samples}, 1.0, measured)

    def close(self) -> None:
        """Nothing to free."""
