"""What the audit reads of an account: in as few calls as the APIs allow, and no faster than they allow."""
