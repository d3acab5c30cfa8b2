"""The use cases as plain functions over ports; Temporal's activities, the command and Python call the same ones."""
