"""The way out for whoever keeps traces: every finished tree in OTLP, with the names that claude-interceptor gave it.

It is a hand, and stands on this floor because it speaks the language of the doors. The SDK of OpenTelemetry makes spans
of code as it runs; ours are read off the books when they are over, so its messages are enough.
"""

SCOPE = "aimon.export"
"""The scope of exported spans: an aimon that receives them knows them by it."""
