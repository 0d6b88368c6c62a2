"""Queues under load: messages that arrive, workers that take them, and what both cost and wait."""
