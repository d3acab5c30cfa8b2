"""Write `docs/settings.md` from the fields of `Settings`: `python scripts/document_settings.py`."""

from __future__ import annotations

from pathlib import Path

from aurax.adapters.cli.settings_page import settings_page

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
