"""Batch jobs: ECS tasks launched exactly once, retried for the right reasons, never silently missing."""
