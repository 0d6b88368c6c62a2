"""The resource types that the sandbox can create, by service."""
