"""Settings from the environment: embedded when unset, production when set."""
