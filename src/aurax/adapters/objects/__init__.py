"""The object store for audio and documents."""
