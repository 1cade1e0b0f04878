"""Plays the scenarios by name, all where none is named: `make harness SCENARIO=basic`."""

import asyncio
import sys

from tests.harness.run import main

sys.exit(asyncio.run(main(sys.argv[1:])))
