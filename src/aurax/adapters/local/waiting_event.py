"""The event by which a client, unlike the song itself, says what a song waits for."""

WAITING = "waiting"
"""Its kind; `reason` holds a few words, or nothing once the song waits no longer."""
