"""Queue scaling: a latency SLO in, the right number of tasks out."""
