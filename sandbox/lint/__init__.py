"""Files for the audit: read with their positions, recognised, turned into a graph."""
