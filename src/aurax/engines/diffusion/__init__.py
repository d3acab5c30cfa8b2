"""Diffusion models of the diffusers library: one backend for ACE-Step, Stable Audio and their like."""
