"""The outside world, one folder per platform."""
