"""The model card next to the model: its input, its training, and what it reached on music that was not in it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aurax.errors import BadCheckpoint


class ModelCard(BaseModel):
    """A model card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    licence: str
    date: str
    """Of the training."""
    command: str
    """That trained it."""
    seed: int
    training: str
    """What it was trained on, in words."""
    held_out: str
    """What it was measured on, in words."""
    floors: dict[str, float]
    """By defect, in the order of the model's outputs: what nine of ten undamaged windows stay below."""
    held_out_auc: dict[str, float] = Field(default_factory=dict)
    """By defect, on generators that were not in its training."""
    false_alarms: float | None = None
    """Share of undamaged, intendedly treated, held-out windows of which some defect is above one half."""


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        BadCheckpoint: it is missing or malformed.
    """
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadCheckpoint(f"a model card in {path.name}", str(error), "install AURA-X again") from error
