"""The command `aimon`: where it starts, and the calls that must not wait for a command line to be read.

`aimon status` runs on every prompt of a shell, `aimon statusline` whenever Claude Code draws its own, and both take the
standard library alone; the dashboard is to be painted at once. Everything else is in `console`.
"""

import sys


def main() -> None:
    """Run what the command line asks for, and exit with its code."""
    match sys.argv[1:]:
        case (
            ["status"] | ["status", "--short"] | ["status", "--format", "waybar" | "eww" | "i3status-rust" | "starship"]
        ):
            from aimon_desktop.outputs import short

            sys.exit(short.main(sys.argv[2:]))
        case ["statusline", *own] if len(own) < 2 and not "".join(own).startswith("-"):
            from aimon_desktop.outputs import statusline

            statusline.become(*own)
        case []:
            from aimon_tui import start

            sys.exit(start.main())
        case _:
            from aimon_tui.console import program

            program.main(prog_name="aimon")


if __name__ == "__main__":
    main()
