"""What handlers are handed besides their caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from aurax.adapters.http.installation import Installation, installation_of

At = Annotated[Installation, Depends(installation_of)]
"""The installation that a handler works with."""
