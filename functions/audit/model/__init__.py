"""The graph that rules look at: describe-shaped data, read without trusting it."""
