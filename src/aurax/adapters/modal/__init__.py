"""Engines as GPU functions on Modal: `app` is deployed there, `modal_runtime` calls it from here, `wire` is between."""
