"""Game days: a load or a failure, the shipped function, and one page that shows what came of it."""
