"""News in the form that each sink takes: one module for each, pure."""
