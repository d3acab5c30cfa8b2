"""People: who asks, by which key, what they own, and how much they may take."""
