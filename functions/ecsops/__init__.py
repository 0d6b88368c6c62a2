"""The kernel that all capabilities share."""

import gc

# Every function imports this package first. Starting up makes some 80,000 objects that live as long
# as the process: looking through them for garbage every 2,000 objects, as Python does by default,
# takes a tenth of a cold start and finds nothing (docs/decisions/0004-slim-artefact.md).
gc.set_threshold(100_000)
