"""What an audit found, and every form it can be read in."""
