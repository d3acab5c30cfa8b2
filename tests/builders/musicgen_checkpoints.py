"""Tiny MusicGen checkpoints with random weights: the real classes and file formats, a few hundred thousand numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    EncodecConfig,
    EncodecFeatureExtractor,
    GenerationConfig,
    MusicgenConfig,
    MusicgenForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
    MusicgenMelodyForConditionalGeneration,
    MusicgenProcessor,
    T5Config,
    T5Tokenizer,
)
from transformers.models.musicgen.configuration_musicgen import MusicgenDecoderConfig

Kind = Literal["mono", "stereo", "melody", "melody-stereo"]
KINDS: tuple[Kind, ...] = ("mono", "stereo", "melody", "melody-stereo")

VOCABULARY = 64
CHROMA_LENGTH = 13
_WORDS = (
    "lofi",
    "techno",
    "beat",
    "drum",
    "bass",
    "piano",
    "calm",
    "dark",
    "warm",
    "fast",
    "slow",
    "120",
    "bpm",
    "a",
    "the",
    "with",
    "and",
    "in",
    "of",
)
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789,."


def tiny_tokenizer() -> T5Tokenizer:
    """A tokenizer of whole words, falling back to characters."""
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    vocabulary += [(f"▁{word}", -3.0) for word in _WORDS]
    vocabulary += [(character, -6.0) for character in _CHARACTERS]
    vocabulary += [(f"<extra_id_{index}>", 0.0) for index in (1, 0)]
    return T5Tokenizer(vocab=vocabulary, extra_ids=2)


def tiny_model(kind: Kind, seed: int = 0) -> Any:
    """A model of two layers, with logits spread so widely that greedy choices are clear.

    Args:
        kind: mono has 4 codebooks, stereo 8; the melody kinds take text and chroma as a prefix.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    stereo = kind in ("stereo", "melody-stereo")
    text = T5Config(vocab_size=len(tiny_tokenizer()), d_model=16, d_ff=32, d_kv=4, num_layers=1, num_heads=4)
    codec = EncodecConfig(
        sampling_rate=32000,
        audio_channels=1,
        # 4 codebooks of 6 bits at 50 Hz.
        target_bandwidths=[1.2],
        codebook_size=VOCABULARY,
        num_filters=4,
        hidden_size=16,
        upsampling_ratios=[8, 5, 4, 4],
        use_causal_conv=False,
        use_conv_shortcut=False,
        normalize=False,
        chunk_length_s=None,
    )
    decoder = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "ffn_dim": 128,
        "num_codebooks": 8 if stereo else 4,
        "audio_channels": 2 if stereo else 1,
        "pad_token_id": VOCABULARY,
        "bos_token_id": VOCABULARY,
        "max_position_embeddings": 2048,
        "dropout": 0.0,
    }
    model: Any
    if kind in ("melody", "melody-stereo"):
        model = MusicgenMelodyForConditionalGeneration(
            MusicgenMelodyConfig(
                text_encoder=text,
                audio_encoder=codec,
                decoder=MusicgenMelodyDecoderConfig(**decoder),
                num_chroma=12,
                chroma_length=CHROMA_LENGTH,
            )
        )
    else:
        model = MusicgenForConditionalGeneration(
            MusicgenConfig(text_encoder=text, audio_encoder=codec, decoder=MusicgenDecoderConfig(**decoder))
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Fresh norms are ones and zeros, and fresh matrices nearly nothing: mistakes in them would go unseen.
            if "audio_encoder" in name:
                continue
            if "layer_norm" in name:
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
            elif parameter.ndim == 2:
                parameter.normal_(0.0, 1.5 * parameter.shape[1] ** -0.5)
            else:
                parameter.normal_(0.0, 0.2)
        for table in model.decoder.get_input_embeddings():
            table.weight.normal_(0.0, 1.0)
        # A fresh codec's codebooks are zero, and every token would sound alike.
        for layer in model.audio_encoder.quantizer.layers:
            layer.codebook.embed.normal_(0.0, 1.0)
    model.generation_config = GenerationConfig(
        max_length=1500,
        do_sample=True,
        guidance_scale=3.0,
        bos_token_id=VOCABULARY,
        pad_token_id=VOCABULARY,
        decoder_start_token_id=VOCABULARY,
    )
    return model.eval()


def save_tiny_checkpoint(folder: Path, kind: Kind, seed: int = 0) -> Path:
    """Save a tiny model as the published ones are: configuration, safetensors, tokenizer.

    Args:
        folder: made where it is missing.
        kind: see `tiny_model`.
        seed: of the weights.

    Returns:
        The folder.
    """
    tiny_model(kind, seed).save_pretrained(folder)
    if kind in ("melody", "melody-stereo"):
        # The processor of the melody models cannot be made without torchaudio.
        tiny_tokenizer().save_pretrained(folder)
    else:
        extractor = EncodecFeatureExtractor(feature_size=2 if kind == "stereo" else 1, sampling_rate=32000)
        MusicgenProcessor(feature_extractor=extractor, tokenizer=tiny_tokenizer()).save_pretrained(folder)
    return folder
