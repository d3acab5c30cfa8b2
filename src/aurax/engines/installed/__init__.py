"""The built-in engines: one light file for each family, which names them and says how to load them."""
