"""Pure policy: what to try, which layer to redo, when to stop."""
