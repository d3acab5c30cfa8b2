"""Engines as GPU functions on Modal: `app` is deployed there, `runtime` calls it from here, `wire` lies between."""
