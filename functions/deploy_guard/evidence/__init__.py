"""What else there is to know about a failure: each source is asked by itself and may fail by itself."""
