from pathlib import Path

import numpy as np
import pytest
import torch
from builders.musicgen_checkpoints import save_tiny_checkpoint, tiny_model
from safetensors.torch import load_file, save_file
from transformers import EncodecConfig, EncodecModel

from aurax.engines.musicgen.codec import Codec, _reach
from aurax.engines.musicgen.parts import load_part
from aurax.errors import BadCheckpoint

torch.set_num_threads(1)


def tiny_codec(**changes: object) -> EncodecModel:
    torch.manual_seed(0)
    values = {
        "sampling_rate": 32_000,
        "target_bandwidths": [1.2],
        "codebook_size": 64,
        "num_filters": 4,
        "hidden_size": 16,
        "upsampling_ratios": [8, 5, 4, 4],
        "use_causal_conv": False,
        "use_conv_shortcut": False,
        "chunk_length_s": None,
    }
    model = EncodecModel(EncodecConfig(**(values | changes))).eval()
    for layer in model.quantizer.layers:
        layer.codebook.embed.normal_(0.0, 1.0)
    return model


def whole_decode(model: EncodecModel, codes: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        return model.decode(codes[None, None], [None]).audio_values[0].numpy()


def streamed(codec: Codec, codes: torch.Tensor, sizes: list[int]) -> list[np.ndarray]:
    stream, pieces, start = codec.decoder(), [], 0
    while start < codes.shape[1]:
        size = sizes[min(len(pieces), len(sizes) - 1)]
        pieces.append(stream.push(codes[:, start : start + size]))
        start += size
    return [*pieces, stream.flush()]


SHAPES = {
    "published": {},
    "more residual layers": {"num_residual_layers": 3, "dilation_growth_rate": 3},
    "other kernels": {"kernel_size": 5, "last_kernel_size": 9, "residual_kernel_size": 5},
    "other ratios": {"upsampling_ratios": [5, 3, 2], "target_bandwidths": [30.0]},
}


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("sizes", [[1], [12, 50], [7, 3, 1, 20], [75]])
def test_a_stream_equals_the_whole_decode(changes: dict[str, object], sizes: list[int]):
    model = tiny_codec(**changes)
    codes = torch.randint(0, 64, (model.quantizer.num_quantizers, 75))
    whole = whole_decode(model, codes)
    audio = np.concatenate(streamed(Codec(model, 1), codes, sizes), axis=1)
    assert audio.shape == whole.shape
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(audio, whole, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("size", [1, 3])
def test_the_shortest_pieces_come_out_whole_too(frames: int, size: int):
    model = tiny_codec()
    codes = torch.randint(0, 64, (4, frames))
    whole = whole_decode(model, codes)
    np.testing.assert_allclose(np.concatenate(streamed(Codec(model, 1), codes, [size]), axis=1), whole, atol=1e-6)


def test_audio_lags_four_frames_behind_the_codes():
    codec = Codec(tiny_codec(), 1)
    pieces = streamed(codec, torch.randint(0, 64, (4, 62)), [12, 50])
    assert [piece.shape[1] // codec.hop for piece in pieces] == [8, 50, 4]


def test_the_reach_is_the_shortest_that_is_exact():
    layers = tiny_codec().decoder.layers
    assert _reach([layers[0]]) == (3, 3)
    left, right = _reach(layers[2:])
    stack = torch.nn.Sequential(*layers[2:])
    with torch.inference_mode():
        frames = torch.randn(1, layers[0].conv.out_channels, 20)
        moved = frames.clone()
        moved[..., 10] += 1.0
        changed = (stack(frames) != stack(moved))[0, 0].nonzero()[:, 0] // 640
    assert (10 - int(changed.min()), int(changed.max()) - 10) == (right, left)


def test_stereo_codebooks_alternate_between_two_mono_streams():
    model = tiny_codec()
    codes = torch.randint(0, 64, (8, 30))
    left, right = whole_decode(model, codes[::2]), whole_decode(model, codes[1::2])
    audio = np.concatenate(streamed(Codec(model, 2), codes, [12, 50]), axis=1)
    np.testing.assert_allclose(audio, np.concatenate([left, right]), atol=1e-6)


def test_mono_audio_is_encoded_as_transformers_does():
    model = tiny_codec()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 640 * 20)).astype(np.float32)
    with torch.inference_mode():
        wanted = model.encode(torch.from_numpy(samples)[None]).audio_codes[0, 0]
    assert torch.equal(Codec(model, 1).encode(samples), wanted)


def test_stereo_audio_is_encoded_into_alternating_codebooks():
    model = tiny_codec()
    for layer in model.quantizer.layers:
        # As small as what a random encoder makes, or everything would get the same code.
        layer.codebook.embed.mul_(0.02)
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 640 * 20 + 639)).astype(np.float32)
    codes, one = Codec(model, 2).encode(samples), Codec(model, 1)
    assert codes.shape == (8, 20)
    assert torch.equal(codes[::2], one.encode(samples[:1]))
    assert torch.equal(codes[1::2], one.encode(samples[1:]))
    assert not torch.equal(codes[::2], codes[1::2])


def test_less_than_a_frame_has_no_codes():
    codec = Codec(tiny_codec(), 2)
    assert codec.encode(np.zeros((2, 639), np.float32)).shape == (8, 0)
    assert codec.decode(torch.zeros((8, 0), dtype=torch.long)).shape == (2, 0)


@pytest.mark.parametrize("changes", [{"use_causal_conv": True}, {"normalize": True}, {"chunk_length_s": 1.0}])
def test_a_codec_of_another_kind_is_refused(changes: dict[str, object]):
    with pytest.raises(BadCheckpoint, match="MusicGen's codec"):
        Codec(tiny_codec(**changes), 1)


def test_it_loads_from_a_checkpoint(tmp_path: Path):
    save_tiny_checkpoint(tmp_path, "mono")
    codes = torch.randint(0, 64, (4, 20))
    wanted = whole_decode(tiny_model("mono").audio_encoder, codes)
    codec = Codec.load(tmp_path, 1, "cpu")
    assert (codec.sample_rate, codec.hop, codec.codebooks, codec.channels) == (32_000, 640, 4, 1)
    np.testing.assert_allclose(codec.decode(codes), wanted, atol=1e-6)


def test_weight_norms_written_the_old_way_load_too(tmp_path: Path):
    file = save_tiny_checkpoint(tmp_path, "mono") / "model.safetensors"
    old = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for name, value in load_file(file).items()
    }
    assert any(name.endswith("weight_g") for name in old)
    save_file(old, file)
    codes = torch.randint(0, 64, (4, 20))
    wanted = whole_decode(tiny_model("mono").audio_encoder, codes)
    np.testing.assert_allclose(Codec.load(tmp_path, 1, "cpu").decode(codes), wanted, atol=1e-6)


@pytest.mark.parametrize("damage", ["missing", "another shape", "all missing"])
def test_a_codec_with_damaged_weights_is_refused(tmp_path: Path, damage: str):
    file = save_tiny_checkpoint(tmp_path, "mono") / "model.safetensors"
    tensors = load_file(file)
    name = "audio_encoder.decoder.layers.0.conv.bias"
    if damage == "missing":
        del tensors[name]
    elif damage == "another shape":
        tensors[name] = torch.zeros(3)
    else:
        tensors = {name: value for name, value in tensors.items() if not name.startswith("audio_encoder.")}
    save_file(tensors, file)
    with pytest.raises(BadCheckpoint, match="audio_encoder"):
        load_part(tmp_path, "audio_encoder", EncodecModel)
