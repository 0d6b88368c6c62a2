"""Audit: the practice of ECS as arithmetic over task definitions, services and what is around them."""
