"""Licences of weights: who may use what comes out, and the refusal where they forbid it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from aurax.errors import LicenceForbids


class Licence(BaseModel):
    """What a model's weights may be used for; it travels with everything that they made."""

    model_config = ConfigDict(frozen=True)

    name: str
    """SPDX identifier where one exists, such as `CC-BY-NC-4.0`."""
    commercial: bool
    """Whether the output may be sold or used commercially."""
    notice: str = ""
    """What must be said or observed, in one sentence."""
    source: str = ""
    """Where the licence is stated, such as a model card."""


def require_licence(engine: str, licence: Licence, *, commercial: bool) -> None:
    """Refuse weights that forbid what the song is for.

    Args:
        engine: name of the engine, for the message.
        licence: of its weights.
        commercial: whether the song is meant for commercial use.

    Raises:
        LicenceForbids: the song is commercial and the weights are not.
    """
    if commercial and not licence.commercial:
        raise LicenceForbids(
            f"weights that allow commercial use, because the song is meant for it; {engine}'s to be such",
            f"{licence.name}",
            "choose an engine whose licence allows it ('aurax engines' lists them), or make a private song",
        )
