"""The figures in the README: ``make bench`` measures them, results.json keeps them."""
