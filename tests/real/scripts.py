"""What the model says to the real clients; each prompt of a test names one of these."""

from tests.fakes.model_api import Thinking, ToolUse, Usage, says, tool


def bash(command: str, description: str = "Run a command") -> ToolUse:
    """Claude Code's shell."""
    return tool("Bash", command=command, description=description)


def agent(ticket: str, *, background: bool) -> ToolUse:
    """A subagent of Claude Code's, which follows a script of its own."""
    return tool(
        "Agent", description="Look around", prompt=f"Look around. {ticket}", subagent_type="general-purpose",
        run_in_background=background,
    )  # fmt: skip


QUESTION = {
    "question": "Which database shall I use?", "header": "Database", "multiSelect": False,
    "options": [{"label": "SQLite", "description": "One file"}, {"label": "Postgres", "description": "A server"}],
}  # fmt: skip

CLAUDE_CODE = {
    "T-HELLO": [
        says(
            Thinking("A greeting."), "Hello. The shop has three routes.", delay_s=0.6,
            usage=Usage(input=120, output=40, cache_read=2000, cache_write_5m=300, cache_write_1h=200),
        ),
    ],
    "T-PERM": [
        says(
            "I need a stamp.", bash("touch build.stamp", "Create stamp file"), delay_s=0.8,
            usage=Usage(input=701, output=51, cache_write_5m=2800),
        ),
        says("The stamp is there.", delay_s=1.5, usage=Usage(input=702, output=12, cache_read=2800)),
    ],
    "T-DENY": [
        says("I would remove a file.", bash("rm -f old.log"), delay_s=0.5, usage=Usage(input=711, output=52)),
    ],
    "T-ASK": [
        says(tool("AskUserQuestion", questions=[QUESTION]), delay_s=0.5, usage=Usage(input=721, output=53)),
        says("SQLite it is.", delay_s=0.8, usage=Usage(input=722, output=14, cache_read=2930)),
    ],
    "T-SLOW": [says("slow " * 600, chunk_s=0.05, usage=Usage(input=801, output=600, cache_read=1000))],
    "T-WAIT": [
        says(bash("python3 -c 'import time; time.sleep(50)'"), delay_s=0.3, usage=Usage(input=811, output=31)),
    ],
    "T-BACK": [
        says(agent("T-SUBA", background=True), delay_s=0.3, usage=Usage(input=551, output=51)),
        says("Started it in the background.", delay_s=0.3, usage=Usage(input=552, output=15)),
        says("The check in the background is done.", delay_s=1.0, usage=Usage(input=553, output=16)),
    ],
    "T-SUBA": [
        says(bash("sleep 4; ls -1"), delay_s=0.3, usage=Usage(input=561, output=31)),
        says("All is well.", delay_s=0.5, usage=Usage(input=562, output=12)),
    ],
}  # fmt: skip


CODEX = {
    "T-TOOLS": [
        says(
            Thinking("I look first."), tool("exec_command", cmd="ls"),
            usage=Usage(input=2000, output=60, reasoning=16),
        ),
        says("Nothing is here.", usage=Usage(input=1326, output=71, cache_read=1024, reasoning=17)),
    ],
    "T-ASK": [
        says(
            tool("exec_command", cmd="touch note", sandbox_permissions="require_escalated", justification="May I?"),
            usage=Usage(input=1500, output=60, reasoning=16), delay_s=0.5,
        ),
        says("The note is there.", usage=Usage(input=850, output=71, cache_read=1024, reasoning=17), delay_s=0.5),
    ],
    "T-SLOW": [says("slow " * 600, chunk_s=0.05, usage=Usage(input=1200, output=700))],
}  # fmt: skip
