"""The Python interface: plain functions on plain values, and `make_song` for all of it.

`examples/01_stages.py` walks through the stages; `examples/02_make_song.py` makes a whole song.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurax.audio.waveform import Waveform
from aurax.intent.intent import Intent
from aurax.mix.settings import MixSettings
from aurax.score.score import Score
from aurax.services.ports import OnEvent
from aurax.services.request import SongRequest

if TYPE_CHECKING:
    from aurax.adapters.local.session import Session
    from aurax.adapters.local.session_news import News
    from aurax.deliver.record import SongRecord
    from aurax.judge.verdict import Verdict
    from aurax.mix.mixer import MixedStem


@dataclass(frozen=True)
class MixedSong:
    """A mix and the stems that sum to it.

    Args:
        mix: the unmastered mix.
        stems: the processed stems in their order, effect returns included.
        null_residual_dbfs: peak of (sum of stems − mix).
    """

    mix: Waveform
    stems: tuple[MixedStem, ...]
    null_residual_dbfs: float


def analyze(prompt: str, *, style: str | None = None, duration_s: float | None = None) -> Intent:
    """Understand a prompt.

    Args:
        prompt: a wish in words, up to 2,000 characters.
        style: name of an installed style that overrides what the prompt says.
        duration_s: length that overrides what the prompt says.

    Raises:
        InvalidPrompt: the prompt is empty, too long or asks for the impossible.
        UnknownPlugin: no such style.
    """
    from aurax.services.understand import understand

    return understand(SongRequest.of(prompt=prompt, style=style, duration_s=duration_s))


def compose(intent: Intent, *, seed: int = 0) -> Score:
    """Write a score; the same intent and seed give the same score."""
    from aurax.compose.style_registry import load_styles
    from aurax.render.instrument_registry import load_instruments
    from aurax.services.compose_candidate import write_score

    infos = {name: instrument.info for name, instrument in load_instruments().items()}
    return write_score(intent, seed, load_styles(), infos)


def render(score: Score, *, cache_dir: Path | None = None, workers: int = 2) -> dict[str, Waveform]:
    """Play every track with its instrument.

    Args:
        score: what to play.
        cache_dir: folder for rendered clips; a temporary one by default.
        workers: rendering processes.

    Returns:
        Raw stems by track name, all of the song's length.
    """
    from aurax.render.instrument_registry import load_instruments
    from aurax.render.pool import RenderPool
    from aurax.render.renderer import render as play

    with (
        tempfile.TemporaryDirectory() as scratch,
        RenderPool(load_instruments(), cache_dir or Path(scratch), workers=workers) as pool,
    ):
        return play(score, pool)


def mix(score: Score, stems: Mapping[str, Waveform], settings: MixSettings | None = None) -> MixedSong:
    """Mix raw stems: strips, sends, sidechain, automation. The mix is the sum of the returned stems.

    Args:
        score: the notes and the sound aimed at.
        stems: raw stems by track name.
        settings: offsets against the style's mix.
    """
    from aurax.mix.mixer import mix_stems

    mixed: list[MixedStem] = []
    outcome = mix_stems(score, stems.__getitem__, settings or MixSettings(), mixed.append)
    order = {name: place for place, name in enumerate(track.name for track in score.tracks)}
    mixed.sort(key=lambda stem: (order.get(stem.name, len(order)), stem.name))
    return MixedSong(outcome.mix, tuple(mixed), outcome.null_residual_dbfs)


def master(
    mixed: Waveform, score: Score, settings: MixSettings | None = None, *, reference: Waveform | None = None
) -> Waveform:
    """Master a mix to the loudness, ceiling and tone of the score's style, bent by the prompt's adjectives.

    Args:
        mixed: the unmastered mix.
        score: carries the sound aimed at.
        settings: offsets against it.
        reference: a finished track whose spectrum, width, dynamics and loudness are matched instead, within limits.

    Raises:
        SilentAudio: the mix or the reference holds no sound.
    """
    from aurax.services.master_mix import master_like, master_song

    if reference is not None:
        return master_like(mixed, score, reference)
    return master_song(mixed, score, settings or MixSettings())


def judge(
    intent: Intent,
    score: Score,
    mixed: MixedSong | None = None,
    mastered: Waveform | None = None,
    *,
    settings: MixSettings | None = None,
) -> Verdict:
    """Judge a take against its contract and every installed criterion.

    Args:
        intent: the wish.
        score: the notes.
        mixed: the mix with its stems; without it only the notes are judged.
        mastered: the finished audio.
        settings: with which it was mixed, for what follow-up notes asked of its sound.
    """
    from aurax.judge.criterion import Evidence
    from aurax.judge.criterion_registry import load_criteria
    from aurax.services.judge_take import judge_song, measured

    if mixed is None:
        return judge_song(Evidence(intent=intent, score=score, stems={}, master=mastered), load_criteria())
    stems = {stem.name: stem for stem in mixed.stems}
    evidence = Evidence(
        intent=intent,
        score=score,
        stems={name: measured(stem) for name, stem in stems.items()},
        mix=mixed.mix,
        master=mastered,
        null_residual_dbfs=mixed.null_residual_dbfs,
        asked=(settings or MixSettings()).asked,
        load_stem=lambda name: stems[name].waveform,
    )
    return judge_song(evidence, load_criteria())


def make_song(
    request: SongRequest | str,
    *,
    out: Path | str | None = None,
    force: bool = False,
    on_event: OnEvent | None = None,
    **options: Any,
) -> tuple[Path, SongRecord]:
    """Make a whole song through the pipeline, as `aurax make` does.

    Uses the servers of `aurax up` where they run, else starts them for this song and stops them after it.

    Args:
        request: a wish in words, or a whole request.
        out: the song's own folder; `out/<slug>` by default. Never overwritten without `force`.
        force: replace a song folder that is already there.
        on_event: called with kind and data of every event of the song, as they happen; with `waiting` and a `reason`
            when the song waits for something, and an empty reason when it continues.
        options: fields of `SongRequest`, such as `seed=7` or `engine="musicgen"`; `docs/options.md` lists them.

    Returns:
        The delivered folder and the record in its `song.json`.

    Raises:
        AuraxError: bad input, an unwritable folder, a full disk, or servers that do not come up.
    """
    from aurax.adapters.local.bounded_run import bounded_run
    from aurax.adapters.local.make_song import Destination
    from aurax.adapters.local.make_song import make_song as make
    from aurax.services.prepare import prepare
    from aurax.settings import Settings

    if isinstance(request, SongRequest):
        options = {**request.model_dump(), **options}
    else:
        options["prompt"] = request
    song = prepare(SongRequest.of(**options))
    destination = Destination.of(song.intent.title, Path(out) if out is not None else None, force=force)
    return bounded_run(make(Settings.load(), song, destination, on_event or _ignore))


def open_session(
    session_id: str | None = None,
    *,
    out: Path | str | None = None,
    on_news: Callable[[News], None] | None = None,
) -> Session:
    """A session, in which songs are asked for and changed by notes, as `aurax session` holds one.

    Use it in a `with` statement. Leaving the statement leaves the session open: it closes by itself after an hour in
    which nobody asks for anything, or when `close` is called, and can be opened again in both cases.

    Args:
        session_id: an earlier session, by its id or the beginning of it; a new one when None.
        out: versions are put into folders in it; `out/<title>-<version>` when None. Nothing is ever overwritten.
        on_news: called with what happens, in another thread.
    """
    from aurax.adapters.local.session import Session
    from aurax.settings import Settings

    place = Path(out) if out is not None else None
    return Session(Settings.load(), session_id=session_id, out=place, on_news=on_news or _ignore_news)


def _ignore_news(_news: News) -> None:
    """For callers that only wait."""


def _ignore(_kind: str, _data: dict[str, Any]) -> None:
    """For callers that do not follow the events."""
