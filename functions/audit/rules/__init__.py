"""The rules, one module per family or part of it; ``audit.catalogue`` finds every one of them."""
