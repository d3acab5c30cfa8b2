"""The debug engine behind the interface of all engines."""

from __future__ import annotations

from collections.abc import Iterator

from aurax.audio.waveform import SAMPLE_RATE
from aurax.engines.checking import check_request
from aurax.engines.debug.player import Player
from aurax.engines.engine import Cancel, Chunk, EngineInfo, cancelled
from aurax.engines.requests import GenerationRequest, Request
from aurax.errors import InvalidOption

_CHUNK_FRAMES = SAMPLE_RATE // 2


class DebugEngine:
    """Plays a plain groove in the tempo and key that it is given.

    Args:
        info: what it is.
    """

    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def stream(self, request: Request, cancel: Cancel) -> Iterator[Chunk]:
        """Half a second of every candidate at a time; see `Engine.stream`."""
        check_request(self.info, request)
        if not isinstance(request, GenerationRequest):
            raise InvalidOption("a request to generate", type(request).__name__, "use a GenerationRequest")
        players = [Player(request, seed) for seed in request.seeds]
        total = round(request.duration_s * SAMPLE_RATE)
        done = 0
        if request.continuation is not None:
            done = request.continuation.frames
            opening = request.continuation.samples
            for player in players:
                player.read(done)
            yield Chunk({f"candidate-{index}": opening for index in range(len(players))}, done / total)
        while done < total:
            if cancel.is_set():
                raise cancelled(self.info.name)
            frames = min(_CHUNK_FRAMES, total - done)
            done += frames
            yield Chunk(
                {f"candidate-{index}": player.read(frames) for index, player in enumerate(players)}, done / total
            )

    def close(self) -> None:
        """Nothing to free."""
