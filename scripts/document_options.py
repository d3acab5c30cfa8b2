"""Write `docs/options.md` from the fields of `SongRequest`: `python scripts/document_options.py`."""

from __future__ import annotations

from pathlib import Path

from aurax.adapters.cli.request_options import options_page

PAGE = Path(__file__).parents[1] / "docs" / "options.md"

if __name__ == "__main__":
    PAGE.write_text(options_page(), encoding="utf-8")
