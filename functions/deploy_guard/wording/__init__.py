"""The words in which a deployment's story is told to people."""
