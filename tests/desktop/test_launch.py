"""An agent started with its telemetry aimed here: its environment, its command line, the process that aimon becomes."""

import signal

import pytest

from aimon_desktop.launch import arguments, environment
from tests.fakes.program import Program

HERE = "http://127.0.0.1:5318"


def told(base=None, cwd="/p") -> dict[str, str]:
    return environment(HERE, base or {}, 42, cwd)


def test_every_agents_telemetry_leads_here():
    given = told()
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "GEMINI_TELEMETRY_OTLP_ENDPOINT", "QWEN_TELEMETRY_OTLP_ENDPOINT"):
        assert given[name] == HERE
    assert given["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
    assert given["COPILOT_OTEL_ENABLED"] == "true"
    assert given["OPENCODE_CONFIG_CONTENT"] == '{"experimental": {"openTelemetry": true}}'


def test_what_would_win_over_it_goes_and_what_is_the_persons_stays():
    own = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://elsewhere",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://elsewhere/logs",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret",
        "OTEL_LOGS_EXPORT_INTERVAL": "250",
        "OPENCODE_CONFIG_CONTENT": "{}",
        "EDITOR": "vi",
    }
    given = told(own)
    assert "elsewhere" not in " ".join(given.values())
    assert "OTEL_EXPORTER_OTLP_HEADERS" not in given
    assert (given["OTEL_LOGS_EXPORT_INTERVAL"], given["OPENCODE_CONFIG_CONTENT"], given["EDITOR"]) == (
        "250",
        "{}",
        "vi",
    )


@pytest.mark.parametrize(
    ("base", "cwd", "tags"),
    [
        ({}, "/p", "aimon.pid=42,aimon.cwd=/p"),
        ({"TMUX_PANE": "%3"}, "/p", "aimon.pid=42,aimon.tmux_pane=3,aimon.cwd=/p"),
        ({"TMUX_PANE": "3;x"}, "/a b,c=ö", "aimon.pid=42,aimon.cwd=/a%20b%2Cc%3D%C3%B6"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "team=x,aimon.pid=7"}, "/p", "team=x,aimon.pid=42,aimon.cwd=/p"),
        ({}, "/" + "x" * 300, "aimon.pid=42"),
    ],
)
def test_the_process_its_pane_and_its_folder_are_told_along(base, cwd, tags):
    assert told(base, cwd)["OTEL_RESOURCE_ATTRIBUTES"] == tags


def test_codex_is_told_on_its_command_line_and_others_are_not():
    assert arguments(["/opt/bin/codex", "exec", "x"], HERE) == [
        "/opt/bin/codex",
        "-c",
        'otel.exporter={otlp-http={endpoint="http://127.0.0.1:5318/v1/logs",protocol="binary"}}',
        "-c",
        'otel.trace_exporter={otlp-http={endpoint="http://127.0.0.1:5318/v1/traces",protocol="binary"}}',
        "exec",
        "x",
    ]
    assert arguments(["claude", "-p"], HERE) == ["claude", "-p"]


def test_the_exit_code_and_the_signals_are_the_commands_own(tmp_path):
    program = Program(tmp_path)
    script = 'echo "$OTEL_EXPORTER_OTLP_ENDPOINT" "$@"; grep SigIgn /proc/$$/status; echo $$ $OTEL_RESOURCE_ATTRIBUTES'
    done = program.run("run", "--port", "5318", "--", "sh", "-c", f"{script}; exit 7", "sh", "--yes")
    endpoint, ignored, process = done.stdout.splitlines()
    assert (done.returncode, endpoint) == (7, f"{HERE} --yes")
    assert int(ignored.split()[1], 16) & 1 << (signal.SIGPIPE - 1) == 0
    assert f" aimon.pid={process.split()[0]}," in process
    assert program.run("run", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


def test_a_command_that_is_not_there_is_told(tmp_path):
    done = Program(tmp_path).run("run", "--", "no-such-agent")
    assert (done.returncode, done.stderr) == (2, "no-such-agent cannot be started: No such file or directory.\n")
