"""Temporal: workflows, activities, worker, client."""
