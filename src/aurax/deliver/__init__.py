"""Song → files: tags, DAW project, report, song.json."""
