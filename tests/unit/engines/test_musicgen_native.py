"""The step in C against the step that torch computes, which is itself held against transformers elsewhere."""

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from aurax.engines.musicgen.conditions import Conditions
from aurax.engines.musicgen.config import MusicGenConfig
from aurax.engines.musicgen.decoder import StepBackend, TorchStep
from aurax.engines.musicgen.native import build
from aurax.engines.musicgen.native.backend import NativeStep, available
from aurax.engines.musicgen.native.build import CannotBuild, load_library
from aurax.engines.musicgen.weights import Affine, CrossWeights, DecoderWeights, LayerWeights

torch.set_num_threads(1)

TINY = MusicGenConfig(
    name="tiny",
    is_melody=False,
    hidden_size=32,
    layers=2,
    heads=4,
    ffn_size=64,
    activation="gelu",
    vocabulary=64,
    codebooks=4,
    channels=1,
    text_size=16,
    num_chroma=0,
    chroma_length=0,
    sample_rate=32_000,
    frame_rate=50,
    max_positions=2048,
)
ODD = replace(TINY, hidden_size=36, heads=3, ffn_size=70, vocabulary=50, codebooks=3, activation="relu")
WIDE_HEADS = replace(TINY, hidden_size=160, heads=2, ffn_size=96)
MELODY = replace(TINY, is_melody=True, num_chroma=12, chroma_length=13)
STEPS = 70
"""More than a block of the cache."""
ERROR = {"fp32": 1e-5, "bf16": 1e-2, "int8": 5e-2}
"""Largest relative error of the logits (root mean square over all steps)."""

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


def random_weights(config: MusicGenConfig, seed: int = 0, dtype: torch.dtype = torch.float32) -> DecoderWeights:
    rng = torch.Generator().manual_seed(seed)
    hidden, ffn = config.hidden_size, config.ffn_size

    def matrix(outputs: int, inputs: int) -> Tensor:
        return (torch.randn(outputs, inputs, generator=rng) * 1.2 * inputs**-0.5).to(dtype)

    def norm() -> Affine:
        gains, offsets = torch.randn(2, hidden, generator=rng) * 0.2
        return Affine((1 + gains).to(dtype), offsets.to(dtype))

    def cross() -> CrossWeights | None:
        if config.is_melody:
            return None
        return CrossWeights(norm(), *(matrix(hidden, hidden) for _ in range(4)))

    def layer() -> LayerWeights:
        return LayerWeights(
            norm(),
            matrix(3 * hidden, hidden),
            matrix(hidden, hidden),
            cross(),
            norm(),
            matrix(ffn, hidden),
            matrix(hidden, ffn),
        )

    def projection(inputs: int) -> Affine:
        return Affine(matrix(hidden, inputs), torch.randn(hidden, generator=rng).to(dtype) * 0.1)

    return DecoderWeights(
        embeddings=torch.randn(config.codebooks, config.vocabulary + 1, hidden, generator=rng).to(dtype),
        layers=tuple(layer() for _ in range(config.layers)),
        norm=norm(),
        heads=matrix(config.codebooks * config.vocabulary, hidden),
        text_projection=projection(config.text_size),
        chroma_projection=projection(config.num_chroma) if config.is_melody else None,
    )


def conditions_of(config: MusicGenConfig, words: int = 5, seed: int = 1) -> Conditions:
    rng = torch.Generator().manual_seed(seed)
    text = torch.randn(words, config.text_size, generator=rng)
    if not config.is_melody:
        return Conditions(text)
    chroma = torch.nn.functional.one_hot(torch.randint(config.num_chroma, (9,), generator=rng), config.num_chroma)
    return Conditions(text, chroma.float())


def tokens_of(config: MusicGenConfig, candidates: int, steps: int = STEPS) -> Tensor:
    rng = torch.Generator().manual_seed(2)
    return torch.randint(config.vocabulary + 1, (candidates, config.codebooks, steps), generator=rng)


def torch_step(weights: DecoderWeights, config: MusicGenConfig, precision: str = "fp64") -> TorchStep:
    return TorchStep(weights, config, torch.device("cpu"), precision)


def logits_of(
    backend: StepBackend,
    conditions: Conditions,
    tokens: Tensor,
    *,
    guided: bool = True,
    read: int = 0,
    shared: bool = True,
) -> Tensor:
    backend.begin(conditions, tokens.shape[0], tokens.shape[2], guided)
    if read:
        backend.read(tokens[0, :, :read] if shared else tokens[:, :, :read])
    return torch.stack([backend.step(tokens[:, :, at], at).clone() for at in range(read, tokens.shape[2])], dim=1)


def error_of(found: Tensor, right: Tensor) -> float:
    return float((found - right).norm() / right.norm())


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
@pytest.mark.parametrize("config", [TINY, ODD, WIDE_HEADS, MELODY], ids=["tiny", "odd-sizes", "wide-heads", "melody"])
def test_logits_agree_with_torch_in_double_precision(config: MusicGenConfig, precision: str, cache: Path) -> None:
    weights, conditions, tokens = random_weights(config), conditions_of(config), tokens_of(config, 2)
    right = logits_of(torch_step(weights, config), conditions, tokens)
    step = NativeStep(weights, config, precision=precision, threads=2, cache_dir=cache)
    assert error_of(logits_of(step, conditions, tokens), right) < ERROR[precision]
    step.close()


@pytest.mark.parametrize("words", [1, 8, 9, 100])
def test_short_and_long_texts_are_attended_to_alike(words: int, cache: Path) -> None:
    weights, conditions, tokens = random_weights(TINY), conditions_of(TINY, words), tokens_of(TINY, 2)
    right = logits_of(torch_step(weights, TINY), conditions, tokens)
    for precision, largest in ERROR.items():
        step = NativeStep(weights, TINY, precision=precision, threads=1, cache_dir=cache)
        assert error_of(logits_of(step, conditions, tokens), right) < largest


def test_the_text_matters_to_the_conditional_half_alone(cache: Path) -> None:
    step = NativeStep(random_weights(TINY), TINY, precision="fp32", threads=1, cache_dir=cache)
    tokens = tokens_of(TINY, 1, 4)
    one = logits_of(step, conditions_of(TINY, seed=1), tokens)
    other = logits_of(step, conditions_of(TINY, seed=7), tokens)
    assert not torch.allclose(one[0], other[0], rtol=0.01)
    assert torch.equal(one[1], other[1])


def test_greedy_tokens_are_those_of_torch(cache: Path) -> None:
    weights, conditions = random_weights(TINY), conditions_of(TINY)
    native = NativeStep(weights, TINY, precision="fp32", threads=2, cache_dir=cache)

    def greedy(backend: StepBackend) -> list[list[int]]:
        backend.begin(conditions, 1, 100, True)
        tokens, found = torch.full((1, TINY.codebooks), TINY.pad_token), []
        for at in range(100):
            told, untold = backend.step(tokens, at)
            tokens = (untold + 3 * (told - untold)).argmax(-1).unsqueeze(0)
            found.append(tokens[0].tolist())
        return found

    assert greedy(native) == greedy(torch_step(weights, TINY, "fp32"))


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_a_candidate_is_the_same_to_the_bit_alone_and_among_sixteen(precision: str, cache: Path) -> None:
    weights, conditions, tokens = random_weights(ODD), conditions_of(ODD), tokens_of(ODD, 16, 20)
    step = NativeStep(weights, ODD, precision=precision, threads=2, cache_dir=cache)
    together = logits_of(step, conditions, tokens)
    for candidates in (1, 2, 3, 5):
        fewer = logits_of(step, conditions, tokens[:candidates])
        assert torch.equal(fewer[:candidates], together[:candidates])
        assert torch.equal(fewer[candidates:], together[16 : 16 + candidates])


def test_the_number_of_threads_changes_no_bit(cache: Path) -> None:
    weights, conditions, tokens = random_weights(TINY), conditions_of(TINY), tokens_of(TINY, 3, 10)
    one, four = (
        logits_of(NativeStep(weights, TINY, precision="int8", threads=threads, cache_dir=cache), conditions, tokens)
        for threads in (1, 4)
    )
    assert torch.equal(one, four)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
@pytest.mark.parametrize("config", [TINY, MELODY], ids=["text", "melody"])
def test_tokens_read_at_once_leave_what_tokens_stepped_through_leave(
    config: MusicGenConfig, precision: str, cache: Path
) -> None:
    conditions = conditions_of(config)
    tokens = tokens_of(config, 1).expand(3, -1, -1)
    step = NativeStep(random_weights(config), config, precision=precision, threads=2, cache_dir=cache)
    stepped = logits_of(step, conditions, tokens)
    assert torch.equal(logits_of(step, conditions, tokens, read=50), stepped[:, 50:])


def test_every_candidate_can_read_tokens_of_its_own(cache: Path) -> None:
    conditions, tokens = conditions_of(TINY), tokens_of(TINY, 3, 30)
    step = NativeStep(random_weights(TINY), TINY, precision="int8", threads=2, cache_dir=cache)
    stepped = logits_of(step, conditions, tokens)
    assert torch.equal(logits_of(step, conditions, tokens, read=20, shared=False), stepped[:, 20:])


def test_without_guidance_the_unconditional_half_is_left_out(cache: Path) -> None:
    weights, conditions, tokens = random_weights(TINY), conditions_of(TINY), tokens_of(TINY, 2, 10)
    step = NativeStep(weights, TINY, precision="fp32", threads=1, cache_dir=cache)
    both = logits_of(step, conditions, tokens)
    assert torch.equal(logits_of(step, conditions, tokens, guided=False), both[:2])


def test_nothing_stays_of_the_piece_before(cache: Path) -> None:
    step = NativeStep(random_weights(TINY), TINY, precision="int8", threads=1, cache_dir=cache)
    first = logits_of(step, conditions_of(TINY), tokens_of(TINY, 2))
    logits_of(step, conditions_of(TINY, words=100, seed=5), tokens_of(TINY, 1, 30), guided=False)
    assert torch.equal(logits_of(step, conditions_of(TINY), tokens_of(TINY, 2)), first)


def test_half_precision_checkpoints_are_taken(cache: Path) -> None:
    weights = random_weights(TINY, dtype=torch.float16)
    tokens = tokens_of(TINY, 1, 5)
    right = logits_of(torch_step(weights, TINY), conditions_of(TINY), tokens)
    step = NativeStep(weights, TINY, precision="fp32", threads=1, cache_dir=cache)
    assert error_of(logits_of(step, conditions_of(TINY), tokens), right) < ERROR["fp32"]


def test_nan_in_a_weight_comes_out_as_nan(cache: Path) -> None:
    weights = random_weights(TINY)
    weights.layers[0].ffn_in[3, 3] = torch.nan
    for precision in ERROR:
        step = NativeStep(weights, TINY, precision=precision, threads=1, cache_dir=cache)
        assert logits_of(step, conditions_of(TINY), tokens_of(TINY, 1, 1)).isnan().any()


def test_bytes_of_a_step_are_those_of_the_weights(cache: Path) -> None:
    step = NativeStep(random_weights(TINY), TINY, precision="bf16", threads=1, cache_dir=cache)
    width, words = TINY.hidden_size, 5
    layer = 4 * width * width + 2 * width * TINY.ffn_size
    heads = TINY.codebooks * TINY.vocabulary * width
    assert step.bytes_per_step == 2 * (TINY.layers * layer + heads)
    step.begin(conditions_of(TINY, words), 1, 10, True)
    padded_scores = 32
    text = TINY.layers * width * (padded_scores + TINY.heads * words)
    assert step.bytes_per_step == 2 * (TINY.layers * layer + heads + text)


def test_wrong_sizes_are_refused(cache: Path) -> None:
    step = NativeStep(random_weights(TINY), TINY, precision="fp32", threads=1, cache_dir=cache)
    with pytest.raises(ValueError, match="tokens of shape"):
        step.step(tokens_of(TINY, 1)[:, :, 0], 0)
    step.begin(conditions_of(TINY), 2, 10, True)
    with pytest.raises(ValueError, match="tokens of shape"):
        step.step(tokens_of(TINY, 3)[:, :, 0], 0)
    with pytest.raises(ValueError, match="beyond"):
        step.step(tokens_of(TINY, 2)[:, :, 0], 10)
    with pytest.raises(ValueError, match="beyond"):
        step.step(tokens_of(TINY, 2)[:, :, 0], -1)
    with pytest.raises(ValueError, match="beyond"):
        step.read(tokens_of(TINY, 1, 11)[0])
    with pytest.raises(IndexError):
        step.step(torch.full((2, TINY.codebooks), TINY.vocabulary + 1), 0)
    with pytest.raises(ValueError, match="0 candidates"):
        step.begin(conditions_of(TINY), 0, 10, True)


def test_a_closed_step_refuses_work_and_closes_again(cache: Path) -> None:
    step = NativeStep(random_weights(TINY), TINY, precision="fp32", threads=2, cache_dir=cache)
    step.begin(conditions_of(TINY), 1, 10, True)
    step.close()
    step.close()
    with pytest.raises(ValueError, match="closed"):
        step.begin(conditions_of(TINY), 1, 10, True)
    with pytest.raises(ValueError):
        step.step(tokens_of(TINY, 1)[:, :, 0], 0)


@pytest.mark.parametrize("flags", [("-march=x86-64-v3", "-O1"), ("-O1",)], ids=["avx2", "any"])
def test_processors_with_shorter_vectors_get_the_same_numbers(
    flags: tuple[str, ...], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        library = load_library(cache, flags)
    except CannotBuild:
        pytest.skip("this compiler knows no such processor")
    if library.aurax_lanes() > load_library(cache).aurax_lanes():
        pytest.skip("this processor has no such vectors")
    weights, conditions, tokens = random_weights(ODD), conditions_of(ODD), tokens_of(ODD, 3)
    right = logits_of(torch_step(weights, ODD), conditions, tokens)
    best = NativeStep(weights, ODD, precision="int8", threads=2, cache_dir=cache)
    expected = logits_of(best, conditions, tokens)
    monkeypatch.setattr("aurax.engines.musicgen.native.native_model.load_library", lambda _: library)
    for precision, largest in ERROR.items():
        step = NativeStep(weights, ODD, precision=precision, threads=2, cache_dir=cache)
        found = logits_of(step, conditions, tokens)
        assert error_of(found, right) < largest
        if precision == "int8":
            assert error_of(found, expected) < 1e-2


QUICK = ("-O0",)
"""For a compiler that only has to come to an end."""


@pytest.fixture
def fresh() -> Iterator[None]:
    """Libraries are loaded once in a process; here each is looked for again."""
    build._load.cache_clear()
    yield
    build._load.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_the_library_is_built_once(tmp_path: Path) -> None:
    load_library(tmp_path, QUICK)
    (first,) = (tmp_path / "native").iterdir()
    changed = first.stat().st_mtime_ns
    build._load.cache_clear()
    load_library(tmp_path, QUICK)
    assert [path.stat().st_mtime_ns for path in (tmp_path / "native").iterdir()] == [changed]


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("damage", ["cut off", "changed", "empty"])
def test_a_damaged_library_is_built_again(damage: str, tmp_path: Path) -> None:
    load_library(tmp_path, QUICK)
    (path,) = (tmp_path / "native").iterdir()
    whole = path.read_bytes()
    half = len(whole) // 2
    damaged = {"cut off": whole[:half], "changed": whole[:half] + b"?" + whole[half + 1 :], "empty": b""}[damage]
    path.unlink()
    path.write_bytes(damaged)
    build._load.cache_clear()
    assert load_library(tmp_path, QUICK).aurax_lanes() in (4, 8, 16)
    assert path.read_bytes() == whole


def test_builds_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    command = (
        "import sys; from pathlib import Path; from aurax.engines.musicgen.native.build import load_library; "
        "load_library(Path(sys.argv[1]), ('-O0',)).aurax_lanes()"
    )
    running = [subprocess.Popen([sys.executable, "-c", command, str(tmp_path)]) for _ in range(2)]
    assert [process.wait(120) for process in running] == [0, 0]
    assert len(list((tmp_path / "native").iterdir())) == 1


@pytest.mark.usefixtures("fresh")
def test_without_a_compiler_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = available(tmp_path)
    assert reason is not None
    assert "no C compiler" in reason
    with pytest.raises(CannotBuild, match="no C compiler"):
        NativeStep(random_weights(TINY), TINY, precision="int8", threads=1, cache_dir=tmp_path)


@pytest.mark.usefixtures("fresh")
def test_a_compiler_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\necho 'fatal error: out of ideas' >&2\nexit 1\n")
    compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(compiler))
    assert "out of ideas" in str(available(tmp_path))


@pytest.mark.usefixtures("fresh")
def test_a_cache_that_cannot_be_written_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "native").write_text("a file where a folder should be")
    assert "cannot be written" in str(available(tmp_path))


def test_with_a_compiler_there_is_no_reason(cache: Path) -> None:
    assert available(cache) is None
