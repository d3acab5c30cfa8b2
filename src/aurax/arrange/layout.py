"""Layout: the piece's bars as a song, stem by stem, to the frame.

All stems share the places and the gains of every crossfade, so that their sum is the mix joined the same way; only a
drum fill has joints of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aurax.arrange.form import SongForm
from aurax.arrange.grid import Aligned
from aurax.arrange.joints import Segment, join, joint_correlations
from aurax.arrange.onsets import Curve
from aurax.audio.waveform import Samples

FADE_S = 0.022
"""Length of the crossfade at a joint."""
LEAD_S = 0.004
"""A crossfade is over this long before the bar line, so that the attack on the line stays whole."""
_ENTRY_S = 0.004
_EXIT_S = 0.03
_OPENING_S = 0.001


@dataclass(frozen=True)
class Fill:
    """A drum fill at the end of a section: the last beats repeat a slice of themselves.

    Args:
        end_bar: the bar line that it leads to.
        beats: its length.
        slice_beats: length of what repeats.
    """

    end_bar: int
    beats: float
    slice_beats: float


@dataclass(frozen=True)
class Rest:
    """A silence of one stem before a bar line.

    Args:
        end_bar: the bar line.
        beats: its length.
    """

    end_bar: int
    beats: float


class Layout:
    """Where everything of a song is.

    Args:
        form: the piece's bar for each bar of the song.
        aligned: the piece on its grid.
        frames: length of the song.
        sample_rate: in hertz.
        beats_per_bar: quarter notes in a bar.
        loops: whether the last bar goes on in the first.
    """

    def __init__(
        self,
        form: SongForm,
        aligned: Aligned,
        frames: int,
        sample_rate: int,
        beats_per_bar: float,
        *,
        loops: bool = False,
    ) -> None:
        self.frames = frames
        self.rate = sample_rate
        self._aligned = aligned
        self.bar_frames = aligned.bar_s * sample_rate
        self.beat_frames = self.bar_frames / beats_per_bar
        self._sources = form.sources
        self.bars = len(form.sources)
        self._fade, self._lead = round(FADE_S * sample_rate), round(LEAD_S * sample_rate)
        self._loops = loops
        self.segments = [
            Segment(self.frame_of(bar), aligned.frame_of(source))
            for bar, source in enumerate((*form.sources, form.ending_source))
            if bar == 0 or source != (*form.sources, form.ending_source)[bar - 1] + 1
        ]
        joined = loops and form.ending_source != form.sources[-1] + 1
        self._goes_on = joined and self.segments[-1].source < self._fade + self._lead
        if self._goes_on:
            # Nothing was played before the first bar that a joint could lead over.
            self.segments.pop()

    def frame_of(self, bar: float) -> int:
        """The frame at which a bar of the song starts."""
        return min(self.frames, round(bar * self.bar_frames))

    def correlations(self, mix: Samples, segments: Sequence[Segment] | None = None) -> list[float]:
        """How alike the mix is on both sides of each joint."""
        return joint_correlations(mix, segments or self.segments, self._fade, self._lead)

    def lay(self, stem: Samples, correlations: Sequence[float], segments: Sequence[Segment] | None = None) -> Samples:
        """One stem at the song's length, playing throughout."""
        segments = segments or self.segments
        if self._goes_on:
            return self._lay_around(stem, segments, correlations)
        laid = join(stem, segments, self.frames, correlations, self._fade, self._lead)
        if self._loops:
            return laid
        opening = round(_OPENING_S * self.rate)
        laid[:, :opening] *= np.linspace(0.0, 1.0, opening, dtype=np.float32)
        return laid

    def _lay_around(self, stem: Samples, segments: Sequence[Segment], correlations: Sequence[float]) -> Samples:
        """A loop whose first frames fade in over what its last bar would have gone on with."""
        blend = min(self._lead, self.frames)
        laid = join(stem, segments, self.frames + blend, correlations, self._fade, self._lead)
        rising = (np.arange(blend, dtype=np.float32) / np.float32(max(blend, 1))).astype(np.float32)
        following = laid[:, self.frames :]
        laid[:, :blend] = following + rising * (laid[:, :blend] - following)
        return laid[:, : self.frames].copy()

    def with_fills(self, fills: Sequence[Fill]) -> list[Segment]:
        """The segments, with slices repeated where fills are."""
        starts = {segment.start: segment for segment in self.segments}
        for fill in fills:
            bar = fill.end_bar - 1
            end = self.frame_of(fill.end_bar)
            begin = round(end - fill.beats * self.beat_frames)
            source = self._aligned.frame_of(self._sources[bar]) + begin - self.frame_of(bar)
            count = round(fill.beats / fill.slice_beats)
            for part in range(1, count):
                start = begin + round(part * fill.slice_beats * self.beat_frames)
                starts[start] = Segment(start, source)
            if end not in starts and end < self.frames and fill.end_bar < self.bars:
                starts[end] = Segment(end, self._aligned.frame_of(self._sources[fill.end_bar]))
        return [starts[start] for start in sorted(starts)]

    def gate(self, stem: Samples, playing: Sequence[tuple[int, int]], rests: Sequence[Rest] = ()) -> None:
        """Silence a stem, in place, wherever it does not play.

        Args:
            stem: shape (channels, frames).
            playing: (first bar, bar after the last) of every stretch in which it plays, rising, apart from each other;
                a stretch that reaches the song's last bar goes on through the ending.
            rests: silences inside.
        """
        spans = [
            (self.frame_of(first), self.frames if last >= self.bars else self.frame_of(last)) for first, last in playing
        ]
        holes = [(self.frame_of(rest.end_bar) - round(rest.beats * self.beat_frames), self.frame_of(rest.end_bar))
                 for rest in rests]  # fmt: skip
        edge = 0
        for first, last in [*spans, (self.frames, self.frames)]:
            self._silence(stem, edge, first)
            edge = last
        for first, last in holes:
            self._silence(stem, first, last)

    def _silence(self, stem: Samples, first: int, last: int) -> None:
        """Silence from the frame `first` to `last`; the fades are before both, where no attack is."""
        if last <= first:
            return
        leave, enter = round(_EXIT_S * self.rate), round(_ENTRY_S * self.rate)
        out = min(first, leave)
        if out:
            falling = 0.5 + 0.5 * np.cos(np.pi * (np.arange(out, dtype=np.float32) + 1.0) / out)
            stem[:, first - out : first] *= falling.astype(np.float32)
        back = min(enter, last - first) if last < self.frames else 0
        stem[:, first : last - back] = 0.0
        if back:
            rising = (np.arange(back, dtype=np.float32) + 0.5) / back
            stem[:, last - back : last] *= rising


def playing_spans(parts: Sequence[Sequence[str]], starts: Sequence[int], name: str) -> list[tuple[int, int]]:
    """Stretches of bars in which a stem plays, from the sections' parts.

    Args:
        parts: names that play in each section.
        starts: first bar of each section, and the end of the last one.
        name: of the stem.
    """
    spans: list[tuple[int, int]] = []
    for names, first, last in zip(parts, starts[:-1], starts[1:], strict=True):
        if name in names:
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
    return spans


def bar_loudness(powers_by_hop: Mapping[str, Curve], aligned: Aligned, hop_s: float) -> dict[str, list[float]]:
    """Loudness of each stem in each bar of the piece, in LUFS.

    Args:
        powers_by_hop: K-weighted powers of each stem.
        aligned: the grid.
        hop_s: length of a hop.
    """
    rate = next(iter(aligned.stems.values())).sample_rate
    edges = [round(aligned.frame_of(bar) / rate / hop_s) for bar in range(aligned.bars + 1)]
    found: dict[str, list[float]] = {}
    for name, powers in powers_by_hop.items():
        means = [
            float(powers[first : max(last, first + 1)].mean()) if first < len(powers) else 0.0
            for first, last in itertools.pairwise(edges)
        ]
        found[name] = [-0.691 + 10.0 * float(np.log10(max(mean, 1e-12))) for mean in means]
    return found
