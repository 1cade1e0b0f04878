"""Plays the scenarios by name, all where none is named: `make harness SCENARIO=basic CLIENT=scripted`."""

import asyncio
import os
import sys

from tests.harness.run import main

sys.exit(asyncio.run(main(sys.argv[1:], real=os.environ.get("CLIENT") != "scripted")))
