"""Tiny random Stable Audio pipelines in the layout that diffusers saves."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderOobleck,
    CosineDPMSolverMultistepScheduler,
    StableAudioDiTModel,
    StableAudioPipeline,
)
from diffusers.pipelines.stable_audio.modeling_stable_audio import StableAudioProjectionModel
from musicgen_checkpoints import tiny_tokenizer
from transformers import T5Config, T5EncoderModel


def save_tiny_stable_audio(folder: Path, seed: int = 0) -> Path:
    """Two layers, three latent channels: noise in, noise out, at 44.1 kHz."""
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
