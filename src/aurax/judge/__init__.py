"""Take → Verdict."""
