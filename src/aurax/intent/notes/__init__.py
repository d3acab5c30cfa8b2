"""Notes on a song: their words, their quantities, and the grammar that makes changes of both."""
