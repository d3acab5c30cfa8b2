"""The network: spectrum → bands → transformers over time and over bands in turn → a complex mask for each source."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from aurax.engines.bs_roformer.attention import RmsNorm, Transformer
from aurax.engines.bs_roformer.config import ModelConfig

_CHANNELS = 2


class BsRoformer(nn.Module):
    """BS-RoFormer; modules are named as in the published checkpoints.

    Args:
        config: its shape.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self._config = config
        # Each bin of the spectrum has a real and an imaginary part in each channel.
        widths = tuple(2 * _CHANNELS * bins for bins in config.freqs_per_bands)
        self.layers = nn.ModuleList(
            nn.ModuleList(
                Transformer(config.dim, depth, config.heads, config.dim_head)
                for depth in (config.time_transformer_depth, config.freq_transformer_depth)
            )
            for _ in range(config.depth)
        )
        self.final_norm = RmsNorm(config.dim)
        self.band_split = _BandSplit(config.dim, widths)
        self.mask_estimators = nn.ModuleList(_MaskEstimator(config, widths) for _ in range(config.num_stems))

    def forward(self, audio: Tensor) -> Tensor:
        """Take segments apart.

        Args:
            audio: shape (batch, 2, frames).

        Returns:
            Shape (batch, stems, 2, frames).
        """
        batch, _, frames = audio.shape
        spectrum = self._spectrum(audio)
        features = self.band_split(torch.view_as_real(spectrum).flatten(2))
        kept: list[Tensor] = []
        for pair in self.layers:
            assert isinstance(pair, nn.ModuleList)
            over_time, over_bands = pair
            for earlier in kept:
                features = features + earlier
            features = _along_columns(over_time, features.transpose(1, 2)).transpose(1, 2)
            features = _along_columns(over_bands, features)
            if self._config.skip_connection:
                kept.append(features)
        features = self.final_norm(features)
        masks = torch.stack([estimate(features) for estimate in self.mask_estimators], dim=1)
        masks = torch.view_as_complex(masks.to(audio.dtype).view(*masks.shape[:-1], -1, _CHANNELS, 2))
        stems = spectrum[:, None] * masks
        if self._config.zero_dc:
            stems[..., 0, :] = 0
        return self._audio(stems, frames).view(batch, self._config.num_stems, _CHANNELS, frames)

    def _spectrum(self, audio: Tensor) -> Tensor:
        """From (batch, channels, frames) to (batch, time, bins, channels), complex."""
        batch, channels, frames = audio.shape
        spectrum = torch.stft(audio.reshape(-1, frames), **self._transform(audio), return_complex=True)
        return spectrum.view(batch, channels, *spectrum.shape[1:]).permute(0, 3, 2, 1)

    def _audio(self, stems: Tensor, frames: int) -> Tensor:
        """From (batch, stems, time, bins, channels) to (batch × stems × channels, frames)."""
        spectra = stems.permute(0, 1, 4, 3, 2).flatten(0, 2)
        return torch.istft(spectra, **self._transform(stems.real), length=frames)

    def _transform(self, like: Tensor) -> dict[str, Any]:
        config = self._config
        return {
            "n_fft": config.stft_n_fft,
            "hop_length": config.stft_hop_length,
            "win_length": config.stft_win_length,
            "window": torch.hann_window(config.stft_win_length, device=like.device, dtype=like.dtype),
            "normalized": config.stft_normalized,
        }


class _BandSplit(nn.Module):
    """Features of every band, from its bins."""

    def __init__(self, width: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self._widths = list(widths)
        self.to_features = nn.ModuleList(nn.Sequential(RmsNorm(one), nn.Linear(one, width)) for one in widths)

    def forward(self, bins: Tensor) -> Tensor:
        """From (batch, time, bins × channels × 2) to (batch, time, bands, width)."""
        parts = torch.split(bins, self._widths, dim=-1)
        return torch.stack([to(part) for to, part in zip(self.to_features, parts, strict=True)], dim=-2)


class _MaskEstimator(nn.Module):
    """A source's mask, band by band."""

    def __init__(self, config: ModelConfig, widths: tuple[int, ...]) -> None:
        super().__init__()
        hidden = config.dim * config.mlp_expansion_factor
        inner = (hidden,) * (config.mask_estimator_depth - 1)
        self.to_freqs = nn.ModuleList(
            nn.Sequential(_dense((config.dim, *inner, 2 * one)), nn.GLU(dim=-1)) for one in widths
        )

    def forward(self, features: Tensor) -> Tensor:
        """From (batch, time, bands, width) to (batch, time, bins × channels × 2)."""
        bands = features.unbind(dim=-2)
        return torch.cat([to(band) for to, band in zip(self.to_freqs, bands, strict=True)], dim=-1)


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with a hyperbolic tangent between them."""
    steps: list[nn.Module] = []
    for before, after in pairwise(widths):
        steps += [nn.Linear(before, after), nn.Tanh()]
    return nn.Sequential(*steps[:-1])


def _along_columns(transformer: nn.Module, features: Tensor) -> Tensor:
    """Run over the third of four dimensions, every place of the first two being a sequence of its own."""
    changed: Tensor = transformer(features.flatten(0, 1))
    return changed.view(features.shape)
