"""What people ask about queue scaling: why a count is what it is, what is wrong, what it costs."""
