"""Changes carried out: one file for each group of kinds. `aurax.produce.revising` has the table of them."""
