"""What tools answer: short, because an agent reads all of it."""

from __future__ import annotations

from aurax.adapters.http.views import FileView, SongView, View
from aurax.intent.intent import Intent, StyleInfo
from aurax.intent.notes.wording import sentence
from aurax.intent.wish import Fate, Wish
from aurax.services.estimate import SongEstimate
from aurax.services.ports import SongStatus
from aurax.services.session import Answer, SessionState, VersionStatus


class WishRead(View):
    """One thing that a prompt asks for."""

    words: str
    """As written."""
    meaning: str
    """What was understood; "no" before what is refused."""
    fate: Fate
    """`exact` is done as asked; `substituted` by something else; the others are not done."""
    remark: str
    """What is done instead, or why it is not done."""

    @classmethod
    def of(cls, wish: Wish) -> WishRead:
        """In short."""
        remark = "; ".join(filter(None, (wish.substitute and f"{wish.substitute} instead", wish.reason)))
        meaning = f"no {wish.value}" if wish.refused else wish.value
        return cls(words=wish.words, meaning=meaning, fate=wish.fate, remark=remark)


class Understood(View):
    """A prompt, understood."""

    title: str
    style: str
    duration_s: float
    tempo_bpm: float | None
    """Null leaves it to the style."""
    key: str | None
    wishes: tuple[WishRead, ...]
    assumptions: tuple[str, ...]
    not_understood: tuple[str, ...]
    """Words that change nothing; say them another way."""

    @classmethod
    def of(cls, intent: Intent) -> Understood:
        """In short."""
        return cls(
            title=intent.title,
            style=intent.style,
            duration_s=intent.duration_s,
            tempo_bpm=intent.tempo_bpm,
            key=" ".join(filter(None, (intent.tonic, intent.mode))) or None,
            wishes=tuple(map(WishRead.of, intent.wishes)),
            assumptions=intent.assumptions,
            not_understood=intent.unknown_words,
        )


class SongAsked(View):
    """A song that is going to be made."""

    song_id: str
    """For `wait_for_song`, `song_files`, `download`."""
    session_id: str
    """For `steer` and `undo`."""
    version: str
    """Its name in the session."""
    status: VersionStatus
    """`waiting` while its session makes as many songs as it may already; it cannot be looked at before it is begun."""


class SongNow(View):
    """A song as it stands."""

    song_id: str
    status: SongStatus
    """`making` until it is delivered, failed or cancelled."""
    prompt: str
    title: str | None
    style: str | None
    duration_s: float | None
    passed: bool | None
    """Whether it passed its contract and every criterion; null while there is none."""
    score: float | None
    """0 to 100."""
    outcome: str
    """What became of the prompt's wishes."""
    error: str
    """Why it failed."""
    session_id: str | None
    version: str | None

    @classmethod
    def of(cls, song: SongView) -> SongNow:
        """In short."""
        return cls(song_id=song.id, **{name: getattr(song, name) for name in cls.model_fields if name != "song_id"})


class Steered(View):
    """What came of a note, or of undo."""

    done: str
    """`steered`: the song in the making takes it up; `version`: a new version is made, wait for its song; `undone`: the
    current version is another one; `nothing`: the note was not understood, or cannot be done."""
    sentences: tuple[str, ...]
    """What becomes of each part of the note."""
    version: str | None
    """The version that it is about, or the new one."""
    song_id: str | None
    status: VersionStatus | None

    @classmethod
    def of(cls, answer: Answer, state: SessionState) -> Steered:
        """In short.

        Args:
            answer: to the request.
            state: the session after it.
        """
        version = state.version(answer.version) if answer.version is not None else None
        changes = () if answer.revision is None else answer.revision.changes
        return cls(
            done=answer.done,
            sentences=tuple(map(sentence, changes)),
            version=answer.version,
            song_id=answer.song_id or (None if version is None else version.song_id),
            status=None if version is None else version.status,
        )


class SongFile(View):
    """One file of a delivered song."""

    path: str
    bytes: int
    media_type: str

    @classmethod
    def of(cls, file: FileView) -> SongFile:
        """In short."""
        return cls(path=file.path, bytes=file.bytes, media_type=file.media_type)


class Style(View):
    """A style that a prompt can ask for."""

    name: str
    title: str
    tempo_range_bpm: tuple[float, float]
    typical_keys: tuple[str, ...]

    @classmethod
    def of(cls, style: StyleInfo) -> Style:
        """In short."""
        return cls(**{name: getattr(style, name) for name in cls.model_fields})


class Estimated(View):
    """What a song will take and cost, typically, where engines and servers run already."""

    duration_s: float
    """Of the song."""
    seconds: float
    """Until it is delivered."""
    seconds_at_most: float
    usd: float
    usd_at_most: float
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, estimate: SongEstimate) -> Estimated:
        """In short."""
        warm = estimate.warm
        return cls(
            duration_s=estimate.duration_s,
            seconds=warm.seconds.typical,
            seconds_at_most=warm.seconds.high,
            usd=warm.usd.typical,
            usd_at_most=warm.usd.high,
            warnings=estimate.warnings,
        )
