"""Where a song comes from: whose it is, in which session, and which version of what."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Lineage(BaseModel):
    """Where a song comes from."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    owner: str | None = None
    """Id of the person whose it is; none where one person works alone."""
    session_id: str | None = None
    """The session in which it was asked for."""
    parent_id: str | None = None
    """The song that it is a version of."""
    version: str = ""
    """Its name in the session."""
    note: str = ""
    """The note that led to it, as written."""
