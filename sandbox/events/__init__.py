"""EventBridge: pattern matching, buses, rules, schedules, delivery."""
