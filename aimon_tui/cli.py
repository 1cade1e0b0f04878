"""The command `aimon`: where it starts, and the one command that must not wait for the others to load.

`aimon status` runs on every prompt of a shell and takes the standard library alone; everything else is in `console`.
"""

import sys


def main() -> None:
    """Run what the command line asks for, and exit with its code."""
    if sys.argv[1:] in (["status"], ["status", "--short"]):
        from aimon_desktop.outputs import short

        sys.exit(short.main(sys.argv[2:]))
    from aimon_tui.console import program

    program.main(prog_name="aimon")


if __name__ == "__main__":
    main()
