"""Load: many sessions at once, on one machine, and a model of many machines made from what was measured."""
