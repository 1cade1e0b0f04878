"""Agents of real frameworks at a scripted model: what one line of instrumentation writes down is what was served."""
