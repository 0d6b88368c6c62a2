"""Lambda: two ways to run a handler, synchronous and asynchronous invocation, SQS event sources."""
