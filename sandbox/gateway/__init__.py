"""The one door for every AWS call of the sandbox."""
