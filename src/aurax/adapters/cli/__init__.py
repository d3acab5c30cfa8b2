"""The aurax command."""
