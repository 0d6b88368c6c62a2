"""Identity-based policies: what a role may do, decided as IAM decides."""
