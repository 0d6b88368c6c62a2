"""Sinks on loopback that speak the real protocols: what the alerts are sent to in tests and the demo."""
