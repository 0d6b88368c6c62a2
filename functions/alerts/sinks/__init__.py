"""Where messages go: one module for each kind, loaded when it is first used."""
