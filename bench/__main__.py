"""`python -m bench [P1 …]`: measure the goals, all or some; each with a home of its own.

Read the ratios: they compare two things on the same machine in the same minute. Exit code 1 when a goal is missed.
`--install` fetches the programs that P9 compares with.
"""

import subprocess
import sys
import time

from bench import flooding, goals, peers, trace_goals
from bench.results import Result

GOALS = goals.GOALS | {"P9": peers.p9, "S11": flooding.s11} | trace_goals.GOALS
LONG = {"S11"}
"""Takes twenty minutes, and is measured when it is named."""


def main(names: list[str]) -> int:
    """Measure some goals, or all; the exit code."""
    wanted = [name for name in names if name != "--install"]
    if unknown := set(wanted) - set(GOALS):
        print(f"unknown goal {min(unknown)}; known are {', '.join(GOALS)}", file=sys.stderr)
        return 2
    if "--install" in names:
        peers.install()
    began, missed = time.monotonic(), 0
    for name in wanted or (name for name in GOALS if name not in LONG):
        try:
            for result in GOALS[name]():
                missed += not result.met
                print(name, told(result), sep="  ", flush=True)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            missed += 1
            print(f"{name}  could not be measured: {error}", flush=True)
    print(f"{missed} missed, in {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


def told(result: Result) -> str:
    """The figure and the verdict in a line."""
    figure = f"{result.what:34} {result.figure:8.2f} {result.unit:10}"
    if result.goal is None:
        return figure.rstrip()
    verdict = "met" if result.met else "MISSED"
    return f"{figure}  {'≥' if result.more_is_better else '≤'} {result.goal:<5g} {verdict}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
