"""Score → Stems: clips, the pool of workers, the clip cache, the instruments."""
