"""The mix: every stem through its strip to its place, two returns, and nothing after the sum.

Delivered stems are on the 24-bit grid, so a 24-bit file holds them exactly, and float32 adds up numbers of that grid
without rounding while the sum stays below ±2. Hence the stems' files add up to the mix to the bit, and the order in
which worker threads finish changes nothing.

Memory holds the mix and one full-length buffer for each worker: a stem is processed where it was loaded, and becomes
the finished stem there. The buses of long songs are in a file.

A loop is mixed as endless music, from some rounds before to a little after one round, which is cut out of every stem.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aurax.audio.loudness import integrated_lufs
from aurax.audio.stereo import correlation
from aurax.audio.true_peak import sample_peak_dbfs
from aurax.audio.waveform import SAMPLE_RATE, Samples, Waveform
from aurax.errors import RenderFailed
from aurax.mix.automation import MovingFilter, find_lane, gain_values, lane_values
from aurax.mix.balance import balance_gain_db, loudest_section, section_frames, stem_lufs, target_lufs
from aurax.mix.bus import Bus
from aurax.mix.control import CHUNK_FRAMES, CONTROL_FRAMES, Curve, Stage, control_points, draw_or_hold, to_gain
from aurax.mix.endless import endless_hits, endless_lane, mix_circle
from aurax.mix.grid import bend_peaks, to_grid
from aurax.mix.returns import delay_return, reverb_return
from aurax.mix.settings import MixSettings
from aurax.mix.sidechain import Ducking, kick_hits
from aurax.mix.strip import STRIPS, collapse_mono, is_mono, process_in_place
from aurax.mix.width import pan_gains
from aurax.mix.wow import wow_delays
from aurax.observing import CarryingThreads
from aurax.score.role import DRUM_ROLES, Role
from aurax.score.score import LaneParameter, Score, Track
from aurax.score.sound import sound_of

RETURN_ROLE = "return"
"""Role of the stems that carry the effects' returns."""

_FULL = 0.99
"""Highest sample of a stem."""
_HIT_OVER_LOUDNESS_DB = 21.0
"""How far a drum's hits may be above its loudness: more is a click that steals the master's headroom."""
_CHECKED_S = 8.0
_FLOOR_DBFS = -200.0


@dataclass(frozen=True, eq=False)
class MixedStem:
    """A finished stem, ready to be delivered.

    Args:
        name: the track's name, `reverb` or `delay`.
        role: the track's role, or `return`.
        waveform: stereo, on the 24-bit grid, never beyond full scale.
        integrated_lufs: loudness; −inf when silent.
        peak_dbfs: highest sample; −inf when silent.
        correlation: left against right; 1 for mono and silence.
        gain_db: what the balance gave it.
    """

    name: str
    role: str
    waveform: Waveform
    integrated_lufs: float
    peak_dbfs: float
    correlation: float
    gain_db: float = 0.0


@dataclass(frozen=True, eq=False)
class MixOutcome:
    """The sum of all delivered stems.

    Args:
        mix: stereo, unmastered, about −20 LUFS.
        null_residual_dbfs: peak of (sum of stems in float64 − mix) over the middle of the loudest section; −200 for 0.
        stems: names of the delivered stems: the score's tracks in their order, then the returns.
    """

    mix: Waveform
    null_residual_dbfs: float
    stems: tuple[str, ...]


def mix_stems(
    score: Score,
    load_stem: Callable[[str], Waveform],
    settings: MixSettings,
    on_stem: Callable[[MixedStem], None],
    *,
    on_mix: Callable[[Waveform], None] | None = None,
    cancelled: threading.Event | None = None,
    workers: int = 2,
    own_stems: bool = False,
    scratch_dir: Path | None = None,
) -> MixOutcome:
    """Mix a score's stems.

    Each worker thread holds one stem at a time, those with most notes first, so that the threads end together. The
    result does not depend on the number of workers.

    Args:
        score: tracks, sections, lanes, kicks and the production profile.
        load_stem: gives a track's raw stem; called from worker threads, once for each track.
        settings: trims against the profile.
        on_stem: takes each finished stem as soon as it is final; called from worker threads, in the order in which
            they finish; the stem is forgotten afterwards.
        on_mix: takes the sum as soon as it is final, while the returns are still being handed over.
        cancelled: set it to give up at the next step.
        workers: threads.
        own_stems: whether what `load_stem` gives may be overwritten, which saves a copy of each.
        scratch_dir: folder for the buses of long songs; in memory without one.

    Raises:
        RenderFailed: a stem holds NaN or infinity.
        StorageFull: `scratch_dir` has no room.
        concurrent.futures.CancelledError: `cancelled` was set.
    """
    session = _Session(score, settings, on_stem, cancelled or threading.Event(), own_stems, scratch_dir)
    with closing(session), CarryingThreads(max(1, workers), thread_name_prefix="mix") as pool:
        try:
            tracks = sorted(score.tracks, key=_sounding_ticks, reverse=True)
            for future in [pool.submit(session.add, track, load_stem) for track in tracks]:
                future.result()
            handing_over: list[Future[None]] = []
            for returned in as_completed([pool.submit(compute) for compute in session.returns()]):
                if (stem := returned.result()) is not None:
                    handing_over.append(pool.submit(on_stem, stem))
            outcome = session.outcome()
            if on_mix is not None:
                handing_over.append(pool.submit(on_mix, outcome.mix))
            for done in handing_over:
                done.result()
        except BaseException:
            session.failed.set()
            raise
    return outcome


def _sounding_ticks(track: Track) -> int:
    """How long a track's notes last altogether."""
    return sum(note.duration_ticks for note in track.notes)


class _Session:
    """One mix in the making: the buses that the worker threads add to."""

    def __init__(
        self,
        score: Score,
        settings: MixSettings,
        on_stem: Callable[[MixedStem], None],
        cancelled: threading.Event,
        own_stems: bool,
        scratch_dir: Path | None,
    ) -> None:
        self.rate = SAMPLE_RATE
        self.frames = max(1, round(score.plan.duration_s * self.rate))
        """Length of the song, or of one round of a loop."""
        self.failed = threading.Event()
        self._score, self._settings, self._on_stem, self._cancelled = score, settings, on_stem, cancelled
        self._own_stems = own_stems
        self._profile = sound_of(score.plan)
        self._lock = threading.Lock()
        self._mix = np.zeros((2, self.frames), np.float32)
        self._circle = mix_circle(score.plan, self._profile, self.frames, self.rate)
        self._length, self._ahead, loop_frames = self.frames, 0, 0
        if self._circle is not None:
            self._length, self._ahead, loop_frames = self._circle.whole_frames, self._circle.before, self.frames
        self._buses = {name: Bus(self._length, scratch_dir) for name in ("reverb", "delay")}
        self._names: list[str] = []
        loudest = section_frames(score.plan, loudest_section(score.plan), self.frames, self.rate)
        middle, half = (loudest.start + loudest.stop) // 2, round(_CHECKED_S / 2 * self.rate)
        self._checked = slice(max(0, middle - half), min(self.frames, middle + half))
        self._check = np.zeros((2, self._checked.stop - self._checked.start))
        hits = kick_hits(score, self.rate)
        if self._circle is not None:
            hits = endless_hits(hits, self._circle)
        release = self._profile.sidechain_release_s
        self._ducks = {
            depth: Ducking(hits, depth, release, self.rate)
            for depth in {self._profile.sidechain_bass_db, self._profile.sidechain_pad_db}
            if depth > 0.0 and hits
        }
        cents = self._profile.wow_cents
        self._wow = (
            wow_delays(self._length, self.rate, cents, loop_frames=loop_frames, start_frame=-self._ahead)
            if cents > 0.0
            else None
        )

    def close(self) -> None:
        """Forget the buses."""
        for bus in self._buses.values():
            bus.close()

    def add(self, track: Track, load_stem: Callable[[str], Waveform]) -> None:
        """Take one track from its raw stem to the mix."""
        self._stop_if_cancelled()
        stem = _fit(load_stem(track.name), self.frames, copy=not self._own_stems)
        if self._circle is not None:
            stem = Waveform(self._circle.unroll(stem.samples), stem.sample_rate)
        samples = stem.samples
        processed = self._process(track, stem)
        mono = processed.shape[0] == 1
        self._stop_if_cancelled()
        heard = processed if self._circle is None else processed[:, self._circle.round]
        gain_db = balance_gain_db(self._score, track, self._profile, heard, self.rate)
        gain_db += self._settings.stem_db(track.name)
        self._place(track, samples, gain_db, mono=mono)
        self._on_stem(self._finish(track.name, track.role, self._cut(samples), gain_db))

    def returns(self) -> list[Callable[[], MixedStem | None]]:
        """What turns the buses into returns and adds them as stems of their own; to be called from any thread."""
        plan = self._score.plan
        loudest = section_frames(plan, loudest_section(plan), self.frames, self.rate)
        dry_lufs = integrated_lufs(Waveform(self._mix[:, loudest], self.rate))
        computations: list[Callable[[], MixedStem | None]] = []
        if self._buses["reverb"].is_used:
            target = dry_lufs + self._profile.reverb_return_lu + self._settings.reverb_db
            computations.append(lambda: self._reverb(target, loudest))
        if self._buses["delay"].is_used:
            computations.append(self._delay)
        return computations

    def _delay(self) -> MixedStem | None:
        self._stop_if_cancelled()
        delay_s = self._profile.delay_beats * 60.0 / self._score.plan.tempo_bpm
        bus = self._buses["delay"]
        wet = delay_return(bus.blocks(), self._length, delay_s, self._profile.delay_feedback, self.rate)
        bus.close()
        return self._return("delay", wet)

    def _reverb(self, target_lufs: float, loudest: slice) -> MixedStem | None:
        self._stop_if_cancelled()
        bus = self._buses["reverb"]
        measured = slice(loudest.start + self._ahead, loudest.stop + self._ahead)
        wet = reverb_return(bus.blocks(), self._length, self._profile, target_lufs, measured, self.rate)
        bus.close()
        return self._return("reverb", wet)

    def outcome(self) -> MixOutcome:
        """The sum, and how exact it is."""
        residual = float(np.max(np.abs(self._check - self._mix[:, self._checked]), initial=0.0))
        residual_dbfs = max(_FLOOR_DBFS, 20.0 * math.log10(residual)) if residual > 0.0 else _FLOOR_DBFS
        order = [track.name for track in self._score.tracks] + ["delay", "reverb"]
        names = tuple(name for name in order if name in self._names)
        return MixOutcome(Waveform(self._mix, self.rate), residual_dbfs, names)

    def _process(self, track: Track, stem: Waveform) -> Samples:
        mono = is_mono(stem.samples)
        channels = 1 if mono else 2
        stages: list[Stage] = []
        for parameter in _FILTER_LANES:
            cutoffs = self._lane(track, parameter)
            if cutoffs is not None:
                stages.append(MovingFilter(parameter, cutoffs, channels, self.rate))
        return process_in_place(
            stem,
            track.role,
            tuple(stages),
            mono=mono,
            saturation_db=self._profile.saturation_db,
            width_percent=self._profile.width_percent * self._settings.stereo_percent / 100.0,
            wow_delays=self._wow,
            duck=self._duck(track.role),
        )

    def _place(self, track: Track, samples: Samples, gain_db: float, *, mono: bool) -> None:
        """Fader, lanes, pan and sends, in place; leaves stereo on the 24-bit grid."""
        strip = STRIPS[track.role]
        source = samples[:1] if mono else samples
        level_db = self._lane(track, "level_db")
        points = control_points(self._length)
        fader = gain_values((np.zeros(points) if level_db is None else level_db) + gain_db)
        widths = self._lane(track, "width_percent")
        sides = np.ones(points, np.float32) if widths is None else (widths / 100.0).astype(np.float32)
        reverb = self._send(track, "reverb_send_db", strip.reverb_send_db)
        delay = self._send(track, "delay_send_db", strip.delay_send_db)
        left, right = (np.float32(gain) for gain in pan_gains(strip.pan))
        ceiling = _FULL
        if track.role in DRUM_ROLES:
            trim_db = self._settings.stem_db(track.name)
            highest_dbfs = target_lufs(self._score, track, self._profile) + trim_db + _HIT_OVER_LOUDNESS_DB
            ceiling = min(_FULL, to_gain(highest_dbfs))
        for start in range(0, self._length, CHUNK_FRAMES):
            stop = min(self._length, start + CHUNK_FRAMES)
            chunk = source[:, start:stop]
            if not chunk.any():
                samples[:, start:stop] = 0.0
                continue
            values = slice(start // CONTROL_FRAMES, start // CONTROL_FRAMES + control_points(stop - start))
            chunk = chunk * draw_or_hold(fader[values], stop - start)
            if chunk.shape[0] == 2 and np.any(sides[values] != 1.0):
                mid, side = (chunk[0] + chunk[1]) * np.float32(0.5), (chunk[0] - chunk[1]) * np.float32(0.5)
                side *= draw_or_hold(sides[values], stop - start)
                chunk = np.stack([mid + side, mid - side])
            placed = samples[:, start:stop]
            np.multiply(chunk[0], left, out=placed[0])
            np.multiply(chunk[-1], right, out=placed[1])
            bend_peaks(placed, ceiling)
            to_grid(placed)
            self._feed("reverb", reverb, values, placed, start)
            self._feed("delay", delay, values, placed, start)

    def _feed(self, name: str, send: Curve | None, values: slice, placed: Samples, start: int) -> None:
        if send is None:
            return
        fed = placed * draw_or_hold(send[values], placed.shape[1])
        to_grid(fed)
        self._buses[name].add(start, fed)

    def _return(self, name: str, wet: Samples) -> MixedStem | None:
        if not np.any(wet):
            return None
        bend_peaks(wet, _FULL)
        to_grid(wet)
        return self._finish(name, RETURN_ROLE, self._cut(wet), 0.0)

    def _cut(self, samples: Samples) -> Samples:
        """A song as it is; one round of a loop, on the 24-bit grid."""
        if self._circle is None:
            return samples
        cut = self._circle.cut(samples, self.rate)
        to_grid(cut)
        return cut

    def _finish(self, name: str, role: str, samples: Samples, gain_db: float) -> MixedStem:
        """Measure a stem and add it to the sum."""
        waveform = Waveform(samples, self.rate)
        stem = MixedStem(
            name,
            role,
            waveform,
            stem_lufs(collapse_mono(samples), self.rate),
            sample_peak_dbfs(waveform),
            correlation(waveform),
            gain_db,
        )
        with self._lock:
            self._mix += samples
            self._check += samples[:, self._checked]
            self._names.append(name)
        self._stop_if_cancelled()
        return stem

    def _duck(self, role: Role) -> Ducking | None:
        if role == "bass":
            return self._ducks.get(self._profile.sidechain_bass_db)
        if role in ("pad", "chords"):
            return self._ducks.get(self._profile.sidechain_pad_db)
        return None

    def _send(self, track: Track, parameter: LaneParameter, level_db: float | None) -> Curve | None:
        if level_db is None:
            return None
        offset_db = self._lane(track, parameter)
        return gain_values((np.zeros(control_points(self._length)) if offset_db is None else offset_db) + level_db)

    def _lane(self, track: Track, parameter: LaneParameter) -> NDArray[np.float64] | None:
        lane = find_lane(track, parameter)
        if lane is None:
            return None
        if self._circle is not None:
            return endless_lane(lane, self._score.plan, self._circle)
        return lane_values(lane, self._score.plan.grid, self.frames, self.rate)

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set() or self.failed.is_set():
            raise CancelledError("the mix was given up")


_FILTER_LANES: tuple[LaneParameter, ...] = ("lowpass_hz", "highpass_hz")


def _fit(waveform: Waveform, frames: int, *, copy: bool) -> Waveform:
    """The stem in two channels at the song's length, cut or followed by silence, in a buffer of the mix's own."""
    if waveform.sample_rate != SAMPLE_RATE:
        raise RenderFailed(f"stems at {SAMPLE_RATE} Hz", f"{waveform.sample_rate} Hz", "render the track again")
    samples = waveform.samples
    if not copy and samples.shape == (2, frames) and samples.flags.writeable:
        return waveform
    fitted = np.zeros((2, frames), np.float32)
    fitted[:, : samples.shape[1]] = samples[:, :frames]
    return Waveform(fitted, waveform.sample_rate)
