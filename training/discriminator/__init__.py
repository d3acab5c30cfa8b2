"""Training of the discriminator: clean music, graded damage, a small network, held-out figures."""
