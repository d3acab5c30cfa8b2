"""The network: a small picture network over mel, narrow ones over the rest, joined over time, one output a defect."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aurax.engines.discriminator.features import BLOCK, Features


class Critic(nn.Module):
    """Severity of each defect in a window, 0 to 1.

    Args:
        defects: number of outputs.
        examples: what the inputs are standardized by.
    """

    def __init__(self, defects: int, examples: Features) -> None:
        super().__init__()
        for name, values in examples._asdict().items():
            kind = torch.from_numpy(values).float()
            over = (0, 2, 3) if name == "mel" else (0, 2)
            self.register_buffer(f"{name}_mean", kind.mean(over, keepdim=True))
            self.register_buffer(f"{name}_scale", kind.std(over, keepdim=True) + 1e-3)
        self.mel = nn.Sequential(
            _picture(2, 16, (2, 2)),
            _picture(16, 24, (2, 2)),
            _picture(24, 40, (2, 2)),
            _picture(40, 64, (2, 1)),
            nn.Flatten(1, 2),
            nn.Conv1d(64 * 4, 80, 1),
        )
        rows = examples.frame.shape[1]
        self.frame = nn.Sequential(_line(rows, 32, 2), _line(32, 40, 2), _line(40, 48, 2))
        self.fine = nn.Sequential(_line(examples.fine.shape[1], 64, 1), _line(64, 48, 1))
        bands, lags = examples.rhythm.shape[1:]
        self.rhythm = nn.Sequential(_line(bands, 16, 2), _line(16, 16, 2), nn.Flatten(), nn.Linear(16 * lags // 4, 32))
        width = 104
        self.join = nn.Sequential(nn.Conv1d(80 + 48 + 48, width, 1), *(_Dilated(width, 2**power) for power in range(4)))
        self.head = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(width * 3 + 32, 96), nn.ReLU(), nn.Dropout(0.2), nn.Linear(96, defects)
        )

    def logits(self, mel: Tensor, frame: Tensor, fine: Tensor, rhythm: Tensor) -> Tensor:
        """Severities before the sigmoid; shape (windows, defects)."""
        parts = {"mel": mel, "frame": frame, "fine": fine, "rhythm": rhythm}
        heard = {
            name: getattr(self, name)((part - getattr(self, f"{name}_mean")) / getattr(self, f"{name}_scale"))
            for name, part in parts.items()
        }
        time = self.join(torch.cat((heard["mel"], heard["frame"], heard["fine"]), 1))
        spread = (time - time.mean(2, keepdim=True)).square().mean(2).add(1e-5).sqrt()
        return self.head(torch.cat((time.mean(2), time.amax(2), spread, heard["rhythm"]), 1))

    def forward(self, mel: Tensor, frame: Tensor, fine: Tensor, rhythm: Tensor) -> Tensor:
        """Severities; shape (windows, defects)."""
        return torch.sigmoid(self.logits(mel, frame, fine, rhythm))


def _picture(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _line(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv1d(inputs, outputs, 5, stride, 2, bias=False), nn.BatchNorm1d(outputs), nn.ReLU())


class _Dilated(nn.Module):
    """A residual step that listens `dilation` × 80 ms to either side."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )

    def forward(self, time: Tensor) -> Tensor:
        return time + self.body(time)


assert BLOCK == 8, "the strides of `frame` and `mel` multiply to the length of a `fine` frame"
