"""Checkpoints of real size with random weights. Speed does not depend on what the numbers are."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file
from torch import Tensor
from transformers import (
    EncodecConfig,
    EncodecFeatureExtractor,
    EncodecModel,
    GenerationConfig,
    MusicgenConfig,
    MusicgenForConditionalGeneration,
    MusicgenProcessor,
    T5Config,
    T5Tokenizer,
)
from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

from aurax.engines.demucs.header import write_header

SIZES = {"small": (1024, 24, 16), "medium": (1536, 48, 24), "large": (2048, 48, 32)}
"""Hidden size, layers and heads of the published models; the feed-forward is four times as wide."""
_VOCABULARY = 2048
_POOL = 1 << 24


def write_musicgen(folder: Path, size: str) -> Path:
    """Write a MusicGen: language model in bfloat16, T5-base and EnCodec in float32.

    Args:
        folder: made where it is missing.
        size: one of `SIZES`.

    Returns:
        The folder.
    """
    torch.manual_seed(0)
    config = MusicgenConfig(text_encoder=_text(), audio_encoder=_codec(), decoder=_decoder(size))
    with torch.device("meta"):
        model = MusicgenForConditionalGeneration(config)
    pool = torch.randn(_POOL).to(torch.bfloat16)
    tensors = {name: _filled(name, value, pool) for name, value in model.state_dict().items()}
    codec = EncodecModel(_codec())
    for layer in codec.quantizer.layers:
        layer.codebook.embed.normal_()
    tensors |= {f"audio_encoder.{name}": value.clone() for name, value in codec.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    GenerationConfig(
        max_length=1500,
        do_sample=True,
        guidance_scale=3.0,
        bos_token_id=_VOCABULARY,
        pad_token_id=_VOCABULARY,
        decoder_start_token_id=_VOCABULARY,
    ).save_pretrained(folder)
    extractor = EncodecFeatureExtractor(feature_size=1, sampling_rate=32_000)
    MusicgenProcessor(feature_extractor=extractor, tokenizer=_tokenizer()).save_pretrained(folder)
    return folder


def write_demucs(folder: Path) -> Path:
    """Write a Hybrid Transformer Demucs of four sources, with the arguments of `htdemucs`."""
    torch.manual_seed(0)
    model = HTDemucs(
        ["drums", "bass", "other", "vocals"],
        samplerate=44_100,
        segment=7.8,
        bottom_channels=512,
        t_layers=5,
        t_heads=8,
        dconv_mode=3,
    )
    folder.mkdir(parents=True, exist_ok=True)
    metadata = write_header("demucs.htdemucs.HTDemucs", *model._init_args_kwargs)
    tensors = {name: value.clone() for name, value in model.state_dict().items()}
    save_file(tensors, folder / "955717e8.safetensors", metadata=metadata)
    (folder / f"{folder.name}.yaml").write_text(yaml.safe_dump({"models": ["955717e8"]}))
    return folder


def _filled(name: str, like: Tensor, pool: Tensor) -> Tensor:
    dtype = torch.bfloat16 if name.startswith("decoder.") else torch.float32
    if "layer_norm" in name:
        return torch.full(like.shape, 0.0 if name.endswith("bias") else 1.0, dtype=dtype)
    values = pool.repeat(-(-like.numel() // _POOL))[: like.numel()].view(like.shape)
    spread = 1.0 if "embed" in name or like.ndim < 2 else like.shape[1] ** -0.5
    return (values * spread).to(dtype)


def _text() -> T5Config:
    return T5Config(vocab_size=32_128, d_model=768, d_ff=3072, d_kv=64, num_layers=12, num_heads=12)


def _codec() -> EncodecConfig:
    return EncodecConfig(
        sampling_rate=32_000,
        audio_channels=1,
        target_bandwidths=[2.2],
        codebook_size=_VOCABULARY,
        num_filters=64,
        hidden_size=128,
        upsampling_ratios=[8, 5, 4, 4],
        use_causal_conv=False,
        use_conv_shortcut=False,
        normalize=False,
        chunk_length_s=None,
    )


def _decoder(size: str) -> MusicgenDecoderConfig:
    hidden, layers, heads = SIZES[size]
    return MusicgenDecoderConfig(
        vocab_size=_VOCABULARY,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        ffn_dim=4 * hidden,
        num_codebooks=4,
        audio_channels=1,
        pad_token_id=_VOCABULARY,
        bos_token_id=_VOCABULARY,
        max_position_embeddings=2048,
    )


def _tokenizer() -> T5Tokenizer:
    words = ("warm", "lofi", "beat", "with", "a", "soft", "piano", "deep", "bass", "and", "slow", "drums")
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    vocabulary += [(f"▁{word}", -3.0) for word in words]
    vocabulary += [(letter, -6.0) for letter in "abcdefghijklmnopqrstuvwxyz0123456789,."]
    vocabulary += [(f"<extra_id_{index}>", 0.0) for index in (1, 0)]
    return T5Tokenizer(vocab=vocabulary, extra_ids=2)
