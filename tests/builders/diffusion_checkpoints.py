"""Tiny random diffusion pipelines in the layout that diffusers saves: noise in, noise out."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AceStepPipeline,
    AceStepTransformer1DModel,
    AutoencoderOobleck,
    AutoencoderSAME,
    CosineDPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableAudio3DiTModel,
    StableAudio3Pipeline,
    StableAudioDiTModel,
    StableAudioPipeline,
)
from diffusers.pipelines.ace_step.modeling_ace_step import AceStepConditionEncoder
from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel
from diffusers.pipelines.stable_audio_3.modeling_stable_audio_3 import StableAudio3DurationEmbedder
from transformers import (
    GemmaTokenizer,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5GemmaConfig,
    T5GemmaEncoderModel,
)

from builders.musicgen_checkpoints import tiny_tokenizer

_ATTENTION = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
}


def save_tiny_stable_audio(folder: Path, seed: int = 0) -> Path:
    """Two layers, three latent channels, at 44.1 kHz, up to 0.74 s."""
    torch.manual_seed(seed)
    tokenizer = tiny_tokenizer()
    tokenizer.model_max_length = 32
    StableAudioPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=6,
            downsampling_ratios=[4, 8],
            channel_multiples=[1, 2],
            decoder_channels=6,
            decoder_input_channels=3,
            audio_channels=2,
            sampling_rate=44_100,
        ),
        text_encoder=T5EncoderModel(
            T5Config(vocab_size=len(tokenizer), d_model=16, d_ff=32, d_kv=4, num_layers=1, num_heads=4)
        ),
        projection_model=StableAudioProjectionModel(text_encoder_dim=16, conditioning_dim=8, min_value=0, max_value=32),
        tokenizer=tokenizer,
        transformer=StableAudioDiTModel(
            sample_size=1024,
            in_channels=3,
            num_layers=2,
            attention_head_dim=4,
            num_key_value_attention_heads=2,
            num_attention_heads=2,
            out_channels=3,
            cross_attention_dim=8,
            time_proj_dim=8,
            global_states_input_dim=16,
            cross_attention_input_dim=8,
        ),
        scheduler=CosineDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
        ),
    ).save_pretrained(folder)
    return folder


def save_tiny_ace_step(folder: Path, seed: int = 0, *, turbo: bool = True) -> Path:
    """Two layers, three latent channels, 25 latents a second as in the original, at 48 kHz.

    Args:
        folder: to be made.
        seed: of the weights.
        turbo: whether guidance counts as distilled into the weights.
    """
    torch.manual_seed(seed)
    tokenizer = tiny_tokenizer()
    AceStepPipeline(
        vae=AutoencoderOobleck(
            encoder_hidden_size=6,
            downsampling_ratios=[40, 48],
            channel_multiples=[1, 2],
            decoder_channels=6,
            decoder_input_channels=3,
            audio_channels=2,
            sampling_rate=48_000,
        ),
        text_encoder=Qwen3Model(
            Qwen3Config(vocab_size=len(tokenizer), num_hidden_layers=1, max_position_embeddings=512, **_ATTENTION)
        ),
        tokenizer=tokenizer,
        transformer=AceStepTransformer1DModel(
            num_hidden_layers=2, in_channels=9, audio_acoustic_hidden_dim=3, is_turbo=turbo, **_ATTENTION
        ),
        condition_encoder=AceStepConditionEncoder(
            text_hidden_dim=16,
            timbre_hidden_dim=3,
            num_lyric_encoder_hidden_layers=1,
            num_timbre_encoder_hidden_layers=1,
            **_ATTENTION,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
    ).save_pretrained(folder)
    return folder


def save_tiny_stable_audio_3(folder: Path, seed: int = 0) -> Path:
    """Two layers, four latent channels, at 44.1 kHz."""
    torch.manual_seed(seed)
    pieces = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *"abcdefghijklmnopqrstuvwxyz0123456789,.")
    tokenizer = GemmaTokenizer(vocab={piece: place for place, piece in enumerate(pieces)}, model_max_length=64)
    text = {"vocab_size": len(pieces), "num_hidden_layers": 1, "query_pre_attn_scalar": 8, **_ATTENTION}
    vae = AutoencoderSAME(
        patch_size=16,
        encoder_channels=8,
        encoder_c_mults=(2,),
        encoder_strides=(4,),
        encoder_transformer_depths=(1,),
        latent_dim=4,
        dim_heads=8,
        sampling_rate=44_100,
    )
    _without_zeros(vae)
    StableAudio3Pipeline(
        vae=vae,
        text_encoder=T5GemmaEncoderModel(
            T5GemmaConfig(encoder=text, decoder=text, is_encoder_decoder=False, vocab_size=len(pieces))
        ),
        tokenizer=tokenizer,
        duration_embedder=StableAudio3DurationEmbedder(output_dim=16, fourier_dim=8),
        transformer=StableAudio3DiTModel(
            io_channels=4,
            embed_dim=16,
            depth=2,
            num_heads=2,
            cond_token_dim=16,
            global_cond_dim=16,
            local_add_cond_dim=5,
            timestep_features_dim=8,
            num_memory_tokens=2,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0, stochastic_sampling=True),
    ).save_pretrained(folder)
    return folder


def _without_zeros(module: torch.nn.Module) -> None:
    """Untrained, its blocks end in zeros, so that nothing of the latents would reach the output."""
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.normal_(0.0, 0.2)
