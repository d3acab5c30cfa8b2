"""What a person gets: every file of a song, written into the object store."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import model_validator

from aurax.audio.files import write_audio
from aurax.audio.lossy import write_lossy
from aurax.audio.reference import AudioRef, ObjectRef, SongId
from aurax.audio.waveform import Waveform
from aurax.deliver.dawproject import ProjectStem, write_project_parts
from aurax.deliver.midi import write_midi
from aurax.deliver.outcome import expected_line, outcome
from aurax.deliver.record import (
    LossyRecord,
    MasterRecord,
    MixRecord,
    SongRecord,
    StemRecord,
    note_record,
    plan_record,
)
from aurax.deliver.report import write_report
from aurax.deliver.slug import slug
from aurax.deliver.tags import audio_tags
from aurax.intent.intent import Intent
from aurax.intent.revision import Revision
from aurax.observing import CarryingThreads
from aurax.produce.cost.ledger_line import LedgerLine
from aurax.produce.take import TakeResult
from aurax.score.score import Score
from aurax.services.context import WorkerContext
from aurax.services.master_mix import Mastered
from aurax.services.memory_budget import DELIVER_BUFFERS
from aurax.services.mix_stems import Mixed, MixedStemRef
from aurax.services.payload import Payload, Work
from aurax.services.record_parts import MASTER, MIX, engine_record, master_record, mix_record, take_record
from aurax.services.request import SYMBOLIC, AudioFormat, SongRequest
from aurax.services.song import Deliverable, EmbeddedStem, Song
from aurax.services.song_layers import SongLayers
from aurax.services.task import SongTask
from aurax.services.timing import Stopwatch, timings_s
from aurax.version import __version__

_MIDI, _PROJECT = "song.mid", "song.dawproject"
_LOSSY: tuple[AudioFormat, ...] = ("mp3", "ogg")
_REPORT, _RECORD, _SCORE = "report.html", "song.json", "score.json"


class DeliveryRequest(Payload):
    """A song to be handed over."""

    song_id: SongId
    request: SongRequest
    intent: ObjectRef
    takes: tuple[TakeResult, ...]
    accepted: int
    """Number of the take that becomes the song."""
    score: ObjectRef
    mixed: Mixed
    mastered: Mastered
    started_at: datetime
    work: tuple[Work, ...]
    revisions: tuple[Revision, ...] = ()
    """Notes that were taken up, with what became of each."""
    layers: SongLayers | None = None
    """Kept, where a next version is to start from them."""

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, values: Any) -> Any:
        """Earlier versions had the whole task in place of the request; their songs are delivered after an upgrade."""
        if isinstance(values, dict) and "song_id" not in values and isinstance(values.get("request"), dict):
            task = SongTask.model_validate(values["request"])
            return {**values, "song_id": task.song_id, "request": task.request}
        return values


def write_song_files(
    context: WorkerContext, request: DeliveryRequest, ledger: Sequence[LedgerLine], cancelled: threading.Event
) -> Song:
    """Write every file of a song. Repeating it writes the same files again.

    Args:
        context: what to work with.
        request: the accepted take and all that is known of the song.
        ledger: the song's calls of engines.
        cancelled: set it to give up at the next file.

    Raises:
        DamagedObject: a stored object is gone or not what was stored.
        StorageFull: no room is left.
        concurrent.futures.CancelledError: `cancelled` was set.
    """
    context.settings.staging_dir.mkdir(parents=True, exist_ok=True)
    with (
        context.memory.claim(request.mastered.master.frames, DELIVER_BUFFERS, cancelled),
        tempfile.TemporaryDirectory(dir=context.settings.staging_dir) as folder,
    ):
        song = _Delivery(context, request, ledger, Path(folder), cancelled).run()
    context.objects.forget_audio((request.mixed.mix, request.mastered.master))
    context.memory.give_back()
    return song


class _Delivery:
    """One delivery: what several of its files need."""

    def __init__(
        self,
        context: WorkerContext,
        request: DeliveryRequest,
        ledger: Sequence[LedgerLine],
        folder: Path,
        cancelled: threading.Event,
    ) -> None:
        self._watch = Stopwatch("deliver")
        self._engines = tuple(engine_record(context, line) for line in ledger if line.engine is not None)
        self._cost_usd = sum(line.micro_usd for line in ledger) / 1e6
        self._objects, self._request, self._folder, self._cancelled = context.objects, request, folder, cancelled
        self._intent: Intent = context.intent(request.intent)
        self._score: Score = context.score(request.score)
        self._lossy: dict[AudioFormat, LossyRecord] = {}
        self._stem_paths = {
            stem.name: f"stems/{number:02d}-{slug(stem.name)}.flac"
            for number, stem in enumerate(request.mixed.stems, 1)
        }

    def run(self) -> Song:
        request, score = self._request, self._score
        self._check_stored()
        master = self._objects.read_audio(request.mastered.master, keep=True)
        mix = self._objects.read_audio(request.mixed.mix, keep=True)
        with CarryingThreads(2, thread_name_prefix="deliver") as threads:
            # Long ones first; encoding, zipping and measuring leave the interpreter free for each other.
            formats = [threads.submit(self._format, kind, master) for kind in request.request.formats if kind != "flac"]
            project = threads.submit(self._project)
            loops = score.plan.is_loop
            measuring_master = threads.submit(master_record, master, loops)
            measuring_mix = threads.submit(mix_record, mix, request.mixed.null_residual_dbfs, loops)
            midi = threads.submit(self._made, _MIDI, lambda path: write_midi(score, path))
            files = [
                Deliverable(path=MASTER, object=_plain(request.mastered.master)),
                Deliverable(path=MIX, object=_plain(request.mixed.mix)),
                *(
                    Deliverable(path=self._stem_paths[stem.name], object=_plain(stem.audio))
                    for stem in request.mixed.stems
                ),
                midi.result(),
                project.result(),
                *(one.result() for one in formats),
                Deliverable(path=_SCORE, object=request.score),
            ]
            lossy = tuple(self._lossy[kind] for kind in sorted(self._lossy))
            finished = measuring_master.result().model_copy(update={"lossy": lossy})
            record = self._record(finished, measuring_mix.result())
        extra = [_SCORE, _RECORD, *(f"master.{kind}" for kind in request.request.formats if kind != "flac")]
        files.append(self._made(_REPORT, lambda path: write_report(path, record, score, master, mix, files=extra)))
        record = record.model_copy(update={"timings_s": self._timings_s()})
        files.append(self._made(_RECORD, lambda path: _write(path, record.model_dump_json(indent=2).encode())))
        return Song(
            song_id=record.id,
            title=score.plan.title,
            style=score.plan.style,
            duration_s=master.duration_s,
            passed=record.verdict.passed,
            points=record.verdict.score,
            take=request.accepted,
            takes=len(request.takes),
            files=tuple(files),
            timings_s=self._timings_s(),
            outcome=record.outcome.line if record.outcome is not None else "",
        )

    def _check_stored(self) -> None:
        """What memory still knows may be damaged where it is stored, and the stored file is what the person gets."""
        request = self._request
        stems = (stem.audio for stem in request.mixed.stems)
        for ref in (request.intent, request.score, request.mixed.mix, *stems, request.mastered.master):
            with self._objects.hold(ref):
                pass

    def _made(self, name: str, write: Callable[[Path], None]) -> Deliverable:
        if self._cancelled.is_set():
            raise CancelledError
        path = self._folder / name
        write(path)
        ref = self._objects.put_at(f"songs/{self._request.song_id}/{name}", path, move=True)
        return Deliverable(path=name, object=ref)

    def _format(self, kind: AudioFormat, master: Waveform) -> Deliverable:
        tags = audio_tags(
            self._score.plan,
            prompt=self._request.request.prompt,
            seed=self._request.request.seed,
            aurax_version=__version__,
            outcome=expected_line(self._intent, style=self._score.plan.style, mode=self._request.request.mode),
        )
        name = f"master.{kind}"
        if kind not in _LOSSY:
            return self._made(name, lambda path: write_audio(path, master, tags))
        ceiling_dbtp = self._score.plan.production.ceiling_dbtp

        def write(path: Path) -> None:
            written = write_lossy(path, master, ceiling_dbtp, tags)
            self._lossy[kind] = LossyRecord(path=name, gain_db=written.gain_db, true_peak_dbtp=written.true_peak_dbtp)

        return self._made(name, write)

    def _project(self) -> Deliverable:
        """The project's documents; its stems are stored as files of their own and join them when it is collected."""
        refs = self._request.mixed.stems
        stems = [
            ProjectStem(
                name=stem.name,
                sample_rate=stem.audio.sample_rate,
                channels=stem.audio.channels,
                frames=stem.audio.frames,
                role="" if stem.role == "return" else stem.role,
            )
            for stem in refs
        ]
        inside: list[str] = []

        def write(path: Path) -> None:
            title, wanted = self._score.plan.title, self._request.request.project_audio
            inside.extend(write_project_parts(path, self._score, title, stems, audio=wanted, aurax_version=__version__))

        made = self._made(_PROJECT, write)
        embeds = (
            EmbeddedStem(inside=place, audio=_plain(stem.audio)) for place, stem in zip(inside, refs, strict=True)
        )
        return made.model_copy(update={"embeds": tuple(embeds)})

    def _record(self, master: MasterRecord, mix: MixRecord) -> SongRecord:
        request = self._request
        accepted = next(take for take in request.takes if take.settings.number == request.accepted)
        return SongRecord(
            id=request.song_id,
            created_at=datetime.now(UTC),
            aurax_version=__version__,
            prompt=request.request.prompt,
            seed=request.request.seed,
            mode=request.request.mode,
            engine=request.request.engine or SYMBOLIC,
            engines=self._engines,
            credits=self._score.plan.credits,
            intent=self._intent,
            plan=plan_record(self._score.plan),
            master=master,
            mix=mix,
            stems=tuple(self._stem_record(stem) for stem in request.mixed.stems),
            midi=_MIDI,
            dawproject=_PROJECT,
            report=_REPORT,
            verdict=accepted.verdict,
            outcome=outcome(self._intent, accepted.verdict, style=self._score.plan.style, mode=request.request.mode),
            notes=tuple(note_record(one) for one in request.revisions),
            takes=tuple(take_record(take, request.accepted) for take in request.takes),
            timings_s=self._timings_s(),
            cost_usd=self._cost_usd,
        )

    def _stem_record(self, stem: MixedStemRef) -> StemRecord:
        return StemRecord(
            name=stem.name, role=stem.role, path=self._stem_paths[stem.name], integrated_lufs=stem.integrated_lufs
        )

    def _timings_s(self) -> dict[str, float]:
        work: list[Work] = [*self._request.work, self._watch.stop()]
        return timings_s(work, self._request.request.mode)


def _plain(ref: AudioRef) -> ObjectRef:
    return ObjectRef(key=ref.key, sha256=ref.sha256, bytes=ref.bytes)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
