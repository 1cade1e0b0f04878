"""What goes wrong on real machines, done to the real program: `make test-faults` for hours, `make test` in short."""

import os

LONG = os.environ.get("AIMON_FAULTS") == "long"
KILLS = int(os.environ.get("AIMON_KILLS", "200" if LONG else "4"))
SOAK_S = float(os.environ.get("AIMON_SOAK_SECONDS", "7200" if LONG else "2"))
SOAK_FILE = os.environ.get("AIMON_SOAK_FILE")
"""Where the looks at the soak are kept, for `bench.plotting`."""
RESIZES = 2_000 if LONG else 100
RACES = 50 if LONG else 1
