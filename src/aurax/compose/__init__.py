"""Intent → Plan → Score."""
