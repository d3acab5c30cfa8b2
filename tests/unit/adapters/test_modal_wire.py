import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aurax.adapters.modal import sound
from aurax.adapters.modal.messages import (
    ChunkReply,
    ErrorReply,
    Header,
    StartedReply,
    UsageReply,
    error_reply,
    require_same_version,
)
from aurax.adapters.modal.sound import decode_sound, encode_sound, is_shared
from aurax.adapters.modal.wire import (
    checksum,
    pack_call,
    pack_chunk,
    pack_reply,
    unpack_call,
    unpack_header,
    unpack_reply,
)
from aurax.adapters.objects.store import ObjectStore
from aurax.adapters.objects.waveforms import as_stored
from aurax.audio.waveform import Waveform
from aurax.engines.engine import Chunk
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    Sampling,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import AuraxError, CorruptData, OutOfMemory, VersionMismatch
from aurax.version import __version__

SAMPLES = arrays.arrays(
    np.float32,
    st.tuples(st.just(2), st.integers(0, 64)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)
NOISE = np.random.default_rng(3).normal(0, 0.4, (2, 6 * 48_000)).astype(np.float32)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@given(SAMPLES)
@settings(max_examples=60, deadline=None)
def test_any_samples_survive_a_message_bit_for_bit(samples: np.ndarray) -> None:
    part, content = encode_sound("x", Waveform(samples), None)
    assert same_bits(decode_sound(part, content, None).samples, samples)


@given(st.dictionaries(st.sampled_from(["candidate-0", "vocals", "master"]), SAMPLES), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_chunk_survives_the_way(audio: dict[str, np.ndarray], before: int) -> None:
    chunk = Chunk(audio, 0.25, {"quality": 0.1})
    reply, back = unpack_reply(pack_chunk(chunk, before, None), None)
    assert isinstance(reply, ChunkReply)
    assert reply.before == before
    assert back is not None
    assert (back.progress, back.measurements) == (0.25, {"quality": 0.1})
    assert list(back.audio) == list(audio)
    assert all(same_bits(back.audio[name], audio[name]) for name in audio)
    assert checksum(back.audio) == checksum(audio)


@pytest.mark.parametrize("beyond", [1.0, 3.0])
def test_long_audio_is_flac_only_where_that_loses_nothing(beyond: float) -> None:
    loose = Waveform(NOISE * np.float32(beyond))
    stored = as_stored(loose)
    for waveform, encoding in ((loose, "float32"), (stored, "flac")):
        part, content = encode_sound("mix", waveform, None)
        assert part.encoding == encoding
        assert same_bits(decode_sound(part, content, None).samples, waveform.samples)


@given(
    st.text(max_size=20),
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4),
    st.floats(0.1, 30.0),
    st.one_of(st.none(), st.floats(40, 200)),
    SAMPLES,
)
@settings(max_examples=40, deadline=None)
def test_a_request_to_generate_survives_the_way(
    prompt: str, seeds: list[int], duration_s: float, bpm: float | None, melody: np.ndarray
) -> None:
    request = GenerationRequest(
        prompt, duration_s, tuple(seeds), melody=Waveform(melody), sampling=Sampling(top_k=7, steps=3), bpm=bpm
    )
    assert_same(request)


@pytest.mark.parametrize(
    "request_",
    [
        SeparationRequest(Waveform(NOISE), overlap=0.5, shifts=2, seed=9),
        DiscriminationRequest(Waveform(NOISE), intended=("distortion", "mono")),
        MasteringRequest(Waveform(NOISE), loudness_lufs=-9.0, reference=Waveform(NOISE[:, :5000])),
        MasteringRequest(Waveform(NOISE)),
    ],
)
def test_every_kind_of_request_survives_the_way(request_: Request) -> None:
    assert_same(request_)


def assert_same(request: Request) -> None:
    call = EngineCall("some", request, timeout_s=12.5)
    back, _ = unpack_call(pack_call(call, None)[0], None)
    assert (back.engine, back.timeout_s, type(back.request)) == ("some", 12.5, type(request))
    for field in dataclasses.fields(request):
        wanted, got = getattr(request, field.name), getattr(back.request, field.name)
        if isinstance(wanted, Waveform):
            assert same_bits(got.samples, wanted.samples)
        else:
            assert got == wanted


def test_large_audio_goes_through_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "INLINE_BYTES", 1000)
    store = ObjectStore("memory:///", tmp_path)
    message, told = pack_call(EngineCall("some", SeparationRequest(Waveform(NOISE))), store)
    assert len(message) < 1000
    assert [part.ref.key for part in told.sounds if part.ref] == list(store.keys("wire"))
    back, _ = unpack_call(message, store)
    assert isinstance(back.request, SeparationRequest)
    assert same_bits(back.request.mixture.samples, NOISE)
    with pytest.raises(CorruptData, match="no shared store"):
        unpack_call(message, None)


def test_small_audio_never_touches_the_store(tmp_path: Path) -> None:
    store = ObjectStore("memory:///", tmp_path)
    pack_call(EngineCall("some", SeparationRequest(Waveform(NOISE[:, :1000]))), store)
    assert store.keys() == ()


@pytest.mark.parametrize(
    "reply",
    [
        StartedReply(call_id="fc-1"),
        UsageReply(usage=Usage(engine="a", runtime="modal", device="T4", seconds=1.5, cold=True, load_s=1.0)),
        error_reply(OutOfMemory("room", "none", "ask for less")),
    ],
)
def test_replies_survive_the_way(reply: StartedReply | UsageReply | ErrorReply) -> None:
    assert unpack_reply(pack_reply(reply), None) == (reply, None)


def test_errors_keep_their_type_and_words() -> None:
    reply, _ = unpack_reply(pack_reply(error_reply(OutOfMemory("room", "none", "ask for less"))), None)
    assert isinstance(reply, ErrorReply)
    error = reply.error()
    assert type(error) is OutOfMemory
    assert (error.expected, error.found, error.fix) == ("room", "none", "ask for less")
    assert type(ErrorReply(kind="Unheard", expected="a", found="b", fix="c").error()) is AuraxError


@pytest.mark.parametrize("header", [Header(aurax="0.0.1"), Header(wire=99)])
def test_another_version_is_refused(header: Header) -> None:
    with pytest.raises(VersionMismatch) as caught:
        require_same_version(header)
    assert "aurax modal deploy" in caught.value.fix


def test_the_header_tells_the_version() -> None:
    message, _ = pack_call(EngineCall("some", GenerationRequest("x", 1.0)), None)
    assert unpack_header(message).aurax == __version__
    require_same_version(unpack_header(message))


@pytest.mark.parametrize("cut", [0, 3, 8, 40, -1])
def test_damaged_messages_are_refused(cut: int) -> None:
    message = pack_chunk(Chunk({"a": NOISE[:, :100]}, 0.5), 0, None)
    with pytest.raises(CorruptData):
        unpack_reply(message[:cut], None)
    with pytest.raises(CorruptData):
        unpack_reply(b"X" + message[1:], None)


def test_audio_of_another_length_than_stated_is_refused() -> None:
    part, content = encode_sound("a", Waveform(NOISE[:, :100]), None)
    for wrong in (part.model_copy(update={"frames": 99}), part.model_copy(update={"frames": 101})):
        with pytest.raises(CorruptData):
            decode_sound(wrong, content, None)
    with pytest.raises(CorruptData):
        decode_sound(part, b"no zlib", None)


def test_checksums_see_order_names_and_samples() -> None:
    one, two = {"a": NOISE[:, :10]}, {"a": NOISE[:, 10:20]}
    assert checksum(two, checksum(one)) != checksum(one, checksum(two))
    assert checksum({"b": NOISE[:, :10]}) != checksum(one)
    assert checksum({"a": NOISE[:, :0]}, 5) == 5


def test_a_folder_is_not_shared() -> None:
    assert is_shared("s3://bucket/songs")
    assert not is_shared("file:///songs")
    assert not is_shared("/songs")
    assert not is_shared(None)
