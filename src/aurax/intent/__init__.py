"""prompt → Intent: the rule-based reader, its vocabulary, and the contract a finished song must pass."""
