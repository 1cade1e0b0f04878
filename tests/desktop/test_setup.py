"""Agents connected and taken back: settings of many shapes, and what a person meant stays."""

import json
import tomllib

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aimon_core.errors import Unavailable, Unreadable, UsageError
from aimon_desktop import setup
from aimon_desktop.setup import State, claude_code
from aimon_desktop.setup.place import endpoint
from tests.desktop.test_json_text import LAYOUTS, VALUES, WORDS
from tests.fakes.homes import PROGRAM, home, tree

CLAUDE = ".claude/settings.json"
FILES = {
    "claude-code": CLAUDE,
    "codex": ".codex/config.toml",
    "gemini-cli": ".gemini/settings.json",
    "qwen-code": ".qwen/settings.json",
    "copilot": ".copilot/hooks/aimon.json",
    "opencode": ".config/opencode/plugins/aimon.js",
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    return home(tmp_path, monkeypatch)


def written(place, name: str, content: bytes):
    path = place.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def plan(place, agent: str):
    (only,) = setup.plans(place, [agent])
    return only


JSON_CORPUS = [
    b"",
    b"{}",
    b"{}\n",
    b'{"model":"opus"}',
    b'{\n    "model": "opus",\n    "env": {\n        "A": "1"\n    }\n}',
    b'{\r\n  "model": "opus",\r\n  "env": {"A": "1"}\r\n}\r\n',
    b'\xef\xbb\xbf{\n\t"model": "opus"\n}\n',
    b'{\n   "hooks": {\n "Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]},\n      "x": [ 1,\n2 ] }\n\n\n',
    b'{"hooks":{"PreToolUse":[]},"env":{}}',
    '{"größe": "\\u00fc", "a": "ü\\n"}'.encode(),
]
TOML_CORPUS = [
    b"",
    b'model = "x"',
    b'# mine\nmodel = "x" # c\n\n[otel]\nenvironment = "dev"   # e\n\n[projects."/x y"]\ntrust_level = "trusted"\n',
    b'otel.environment = "dev"\r\n[tui]\r\nb=1\r\n',
    b"\xef\xbb\xbfotel = { environment = 'dev' }\n",
    b"[[a]]\nb=1\n\n\n\n[otel.span_attributes]\nx='1'\n",
]
CORPUS = [
    *(("claude-code", text) for text in JSON_CORPUS),
    *(("qwen-code", text) for text in JSON_CORPUS),
    (
        "gemini-cli",
        b'// head\n{\n  "ui": {"theme": "x"}, // mine\n  /* more */\n  "telemetry": {"logPrompts": false}\n}\n',
    ),
    *(("codex", text) for text in TOML_CORPUS),
    *((agent, None) for agent in FILES),
]


@pytest.mark.parametrize(("agent", "content"), CORPUS)
def test_connecting_twice_and_undoing_once_gives_back_every_byte(place, agent, content):
    if content is not None:
        written(place, FILES[agent], content).chmod(0o640)
    before = tree(place.home)
    assert plan(place, agent).state is State.NOT_CONNECTED
    plan(place, agent).apply()
    connected = tree(place.home)
    assert plan(place, agent).state is State.CONNECTED
    assert list(plan(place, agent).diff()) == []
    plan(place, agent).apply()
    assert tree(place.home) == connected
    if content is not None:
        assert (place.home / FILES[agent]).stat().st_mode & 0o777 == 0o640
    plan(place, agent).undo()
    assert {name: one for name, one in tree(place.home).items() if name != "state"} == before
    assert plan(place, agent).undo() == []


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.dictionaries(WORDS.filter(lambda word: word not in {"env", "hooks", "statusLine"}), VALUES, max_size=4),
    layout=LAYOUTS,
)
def test_any_document_comes_back_whatever_it_holds(place, document, layout):
    content = json.dumps(document, ensure_ascii=False, **layout).encode("utf-8")
    path = written(place, CLAUDE, content)
    plan(place, "claude-code").apply()
    assert json.loads(path.read_bytes()).keys() == document.keys() | {"env", "hooks", "statusLine"}
    assert plan(place, "claude-code").state is State.CONNECTED
    plan(place, "claude-code").undo()
    assert path.read_bytes() == content


def test_claude_code_gets_what_the_receiver_reads(place):
    plan(place, "claude-code").apply()
    told = json.loads((place.home / CLAUDE).read_text())
    assert told["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    assert told["env"]["OTEL_LOGS_EXPORT_INTERVAL"] == "1000"
    assert told["hooks"].keys() == set(claude_code.EVENTS)
    command = told["hooks"]["Stop"][0]["hooks"][0]["command"]
    assert command == (
        f"sh -c '[ -f {place.hook_file} ] && [ -x /usr/bin/python3 ] && "
        f"exec /usr/bin/python3 -S -E {place.hook_file} claude-code || exit 0'"
    )
    assert place.hook_file.read_bytes() == PROGRAM
    assert (place.home / CLAUDE).stat().st_mode & 0o777 == 0o600


def test_codex_gets_endpoints_as_they_are_used_and_hooks_in_a_file_of_their_own(place):
    written(place, ".codex/config.toml", b'model = "x" # mine\n')
    plan(place, "codex").apply()
    text = (place.home / ".codex/config.toml").read_text()
    assert text.startswith('model = "x" # mine\n\n[otel]\n')
    assert tomllib.loads(text)["otel"] == {
        key: {"otlp-http": {"endpoint": f"http://127.0.0.1:4318/v1/{signal}", "protocol": "binary"}}
        for key, signal in (("exporter", "logs"), ("trace_exporter", "traces"))
    }
    assert json.loads((place.home / ".codex/hooks.json").read_text()).keys() == {"hooks"}


def test_gemini_is_spared_the_hook_that_fires_with_every_piece(place):
    plan(place, "gemini-cli").apply()
    told = json.loads((place.home / ".gemini/settings.json").read_text())
    assert told["telemetry"]["otlpProtocol"] == "http"
    assert "AfterModel" not in told["hooks"]


def test_opencode_gets_a_plugin_that_calls_the_hook_program(place):
    plan(place, "opencode").apply()
    text = (place.home / FILES["opencode"]).read_text()
    assert text.startswith('const COMMAND = "[ -f ')
    assert json.loads(text.partition(" = ")[2]) == place.hook_script("opencode")


def test_folders_are_where_the_environment_says(tmp_path, monkeypatch):
    place = home(
        tmp_path,
        monkeypatch,
        environment={"PATH": "", "CLAUDE_CONFIG_DIR": str(tmp_path / "c"), "CODEX_HOME": str(tmp_path / "x")},
    )
    (tmp_path / "c").mkdir()
    assert [one.agent for one in setup.plans(place)] == ["claude-code"]
    plan(place, "claude-code").apply()
    assert (tmp_path / "c/settings.json").exists()


def test_agents_are_found_by_their_folder_or_their_program(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch, environment={"PATH": str(tmp_path / "bin")})
    (tmp_path / ".gemini").mkdir()
    package = tmp_path / "lib/node_modules/codex"
    (package / "bin").mkdir(parents=True)
    (package / "package.json").write_text('{"version": "0.169.0"}')
    (package / "bin/codex.js").touch(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/codex").symlink_to(package / "bin/codex.js")
    found = setup.plans(place)
    assert [setup.told(one) for one in found] == ["Codex 0.169.0  ○ not connected", "Gemini CLI  ○ not connected"]


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:1"), ("::1", "http://[::1]:1")])
def test_an_endpoint_is_a_url(host, url):
    assert endpoint(host, 1) == url


def test_an_unknown_agent_is_refused_by_name(place):
    with pytest.raises(UsageError, match="no agent 'claud'"):
        setup.plans(place, ["claud"])


# ---------------------------------------------------------------- what a person meant


def test_telemetry_that_goes_elsewhere_stays_and_hooks_are_connected_all_the_same(place):
    path = written(place, CLAUDE, b'{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example", "X": "1"}}')
    first = plan(place, "claude-code")
    assert first.left == ("telemetry: env.OTEL_EXPORTER_OTLP_ENDPOINT is https://collector.example",)
    first.apply()
    told = json.loads(path.read_text())
    assert told["env"] == {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example", "X": "1"}
    assert "Stop" in told["hooks"]
    assert plan(place, "claude-code").state is State.CONNECTED


@pytest.mark.parametrize(
    ("agent", "content", "left"),
    [
        ("claude-code", b'{"disableAllHooks": true}', "hooks: disableAllHooks is true"),
        (
            "claude-code",
            b'{"env": {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://x"}}',
            "telemetry: env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is http://x",
        ),
        ("gemini-cli", b'{"telemetry": {"enabled": false}}', "telemetry: telemetry.enabled is false"),
        ("codex", b"[features]\nhooks = false\n", "hooks: features.hooks is false"),
        ("codex", b'[otel]\nexporter = "none"\n', "telemetry: otel.exporter is none"),
        ("opencode", b"export const Mine = 1\n", None),
    ],
)
def test_what_was_set_otherwise_is_said_and_forced_only_when_told_and_comes_back(
    tmp_path, monkeypatch, agent, content, left
):
    place = home(tmp_path, monkeypatch)
    path = written(place, FILES[agent], content)
    assert left is None or plan(place, agent).left == (left,)
    plan(place, agent).apply()
    assert plan(place, agent).left != ()
    forced = home(tmp_path, monkeypatch, force=True)
    plan(forced, agent).apply()
    assert plan(place, agent).left == ()
    assert plan(place, agent).state is State.CONNECTED
    plan(place, agent).undo()
    assert path.read_bytes() == content


def test_a_rhythm_of_ones_own_and_another_name_for_this_machine_are_no_difference(place):
    env = claude_code.ENVIRONMENT | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318/",
        "OTEL_LOGS_EXPORT_INTERVAL": "250",
    }
    path = written(place, CLAUDE, json.dumps({"env": env}).encode())
    plan(place, "claude-code").apply()
    told = json.loads(path.read_text())["env"]
    assert (told["OTEL_EXPORTER_OTLP_ENDPOINT"], told["OTEL_LOGS_EXPORT_INTERVAL"]) == ("http://localhost:4318/", "250")
    assert told["OTEL_TRACES_EXPORT_INTERVAL"] == "1000"


@pytest.mark.parametrize(
    ("agent", "content", "line"),
    [
        ("claude-code", b'{\n  "env": {},\n}', 3),
        ("claude-code", b"{\n  // no remarks here\n}", 2),
        ("claude-code", b'{"env": []}', 1),
        ("claude-code", b"\n\n\xff", 3),
        ("gemini-cli", b'{"telemetry": "on"}', 1),
        ("codex", b"a = 1\nb = = 2\n", 2),
        ("codex", b"otel = 3\n", 1),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_stays_as_it_is(place, agent, content, line):
    path = written(place, FILES[agent], content)
    broken = plan(place, agent)
    assert broken.state is State.BROKEN
    assert setup.told(broken).endswith(f"  × broken, line {line}")
    with pytest.raises(Unreadable, match=rf"{path.name}, line {line}: "):
        broken.apply()
    assert path.read_bytes() == content
    assert not place.hook_file.exists()


# ---------------------------------------------------------------- links, rights, changes in between


def test_a_link_to_a_dotfile_stays_a_link(place):
    target = written(place, "dotfiles/claude.json", b'{"a": 1}\n')
    link = place.home / CLAUDE
    link.parent.mkdir()
    link.symlink_to(target)
    plan(place, "claude-code").apply()
    assert link.is_symlink()
    assert "hooks" in json.loads(target.read_text())
    plan(place, "claude-code").undo()
    assert link.is_symlink()
    assert target.read_bytes() == b'{"a": 1}\n'


def test_a_link_to_nothing_stays_a_link_to_nothing(place):
    link = place.home / CLAUDE
    link.parent.mkdir()
    link.symlink_to(place.home / "dotfiles.json")
    before = tree(place.home)
    plan(place, "claude-code").apply()
    assert "hooks" in json.loads((place.home / "dotfiles.json").read_text())
    plan(place, "claude-code").undo()
    assert {name: one for name, one in tree(place.home).items() if name != "state"} == before


def test_a_read_only_file_is_told_and_left(place):
    path = written(place, CLAUDE, b"{}")
    path.chmod(0o444)
    with pytest.raises(Unavailable, match=r"is read-only.*--show"):
        plan(place, "claude-code").apply()
    assert path.read_bytes() == b"{}"
    assert plan(place, "claude-code").state is State.NOT_CONNECTED
    assert plan(place, "claude-code").undo() == []


def test_what_changed_while_the_question_stood_is_not_written_over(place):
    path = written(place, CLAUDE, b"{}")
    shown = plan(place, "claude-code")
    path.write_bytes(b'{"model": "opus"}')
    with pytest.raises(Unavailable, match="changed in the meantime"):
        shown.apply()
    assert path.read_bytes() == b'{"model": "opus"}'


def test_a_file_that_changed_since_loses_only_what_setup_added(place):
    path = written(place, CLAUDE, b'{\n  "env": {\n    "A": "1"\n  }\n}\n')
    plan(place, "claude-code").apply()
    told = json.loads(path.read_text())
    told["model"] = "opus"
    told["env"]["OTEL_LOGS_EXPORT_INTERVAL"] = "7"
    told["hooks"]["Stop"].insert(0, {"hooks": [{"type": "command", "command": "mine"}]})
    path.write_text(json.dumps(told, indent=2))
    assert plan(place, "claude-code").state is State.CONNECTED
    (said,) = plan(place, "claude-code").undo()
    assert "changed since" in said
    assert json.loads(path.read_text()) == {
        "env": {"A": "1", "OTEL_LOGS_EXPORT_INTERVAL": "7"},
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]},
        "model": "opus",
    }
    assert not place.hook_file.exists()


@pytest.mark.parametrize("endpoints", [(4318,), (4318, 5318)])
@pytest.mark.parametrize("own", [{}, {"env": {}, "hooks": {"Stop": []}}])
def test_empty_places_of_ones_own_outlive_what_was_in_them(tmp_path, monkeypatch, endpoints, own):
    path = written(home(tmp_path, monkeypatch), CLAUDE, json.dumps(own | {"a": 1}, indent=2).encode())
    for port in endpoints:
        place = home(tmp_path, monkeypatch, endpoint=f"http://127.0.0.1:{port}", python=f"/opt/{port}")
        plan(place, "claude-code").apply()
        path.write_bytes(path.read_bytes().replace(b'"a": 1', b'"a": 2') + b"\n")
    plan(place, "claude-code").undo()
    assert json.loads(path.read_text()) == own | {"a": 2}


def test_a_file_that_is_gone_or_emptied_by_hand_is_no_failure(place):
    plan(place, "claude-code").apply()
    (place.home / CLAUDE).write_text("{}")
    assert plan(place, "claude-code").undo() == ["~/.claude/settings.json was removed: nothing else was in it."]
    plan(place, "claude-code").apply()
    (place.home / CLAUDE).unlink()
    assert plan(place, "claude-code").undo() == ["~/.claude/settings.json is gone; there was nothing to undo."]


@pytest.mark.parametrize("agent", FILES)
def test_another_port_or_interpreter_makes_it_outdated_and_the_first_state_comes_back(tmp_path, monkeypatch, agent):
    before = tree(tmp_path)
    plan(home(tmp_path, monkeypatch), agent).apply()
    moved = home(tmp_path, monkeypatch, endpoint="http://127.0.0.1:5318", python="/opt/python")
    assert plan(moved, agent).state is State.OUTDATED
    plan(moved, agent).apply()
    assert plan(moved, agent).state is State.CONNECTED
    text = (tmp_path / FILES[agent]).read_text()
    assert "4318" not in text
    assert "/usr/bin/python3" not in text
    plan(moved, agent).undo()
    assert {name: one for name, one in tree(tmp_path).items() if name != "state"} == before


def test_an_update_of_a_file_that_changed_in_between_is_undone_without_the_persons_changes(tmp_path, monkeypatch):
    place = home(tmp_path, monkeypatch)
    path = written(place, CLAUDE, b'{\n  "a": 1\n}\n')
    plan(place, "claude-code").apply()
    path.write_bytes(path.read_bytes().replace(b'"a": 1', b'"a": 2'))
    moved = home(tmp_path, monkeypatch, endpoint="http://127.0.0.1:5318")
    plan(moved, "claude-code").apply()
    plan(moved, "claude-code").undo()
    assert path.read_bytes() == b'{\n  "a": 2\n}\n'


def test_a_hook_program_of_another_version_or_none_is_outdated(place):
    plan(place, "claude-code").apply()
    place.hook_file.write_bytes(b"old")
    assert plan(place, "claude-code").state is State.OUTDATED
    plan(place, "claude-code").apply()
    assert place.hook_file.read_bytes() == PROGRAM


def test_the_hook_program_goes_with_the_last_agent(place):
    for agent in ("claude-code", "codex"):
        plan(place, agent).apply()
    plan(place, "claude-code").undo()
    assert place.hook_file.exists()
    plan(place, "codex").undo()
    assert not place.hook_file.parent.exists()


def test_what_was_there_before_is_kept_for_its_owner_alone(place):
    written(place, CLAUDE, b'{"env": {"ANTHROPIC_API_KEY": "sk-ant-api03-secret"}}')
    one = plan(place, "claude-code")
    assert not any("secret" in line for line in one.diff())
    one.apply()
    record = place.state_dir / "setup/claude-code.json"
    assert (record.stat().st_mode & 0o777, record.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_diff_shows_files_by_their_short_names_and_nothing_a_terminal_obeys(place):
    written(place, CLAUDE, '{"model": "\x9b31mred"}'.encode())
    lines = list(plan(place, "claude-code").diff())
    assert lines[:2] == ["--- ~/.claude/settings.json", "+++ ~/.claude/settings.json"]
    assert all(line.isprintable() for line in lines)
    assert next(iter(plan(place, "codex").diff())) == "--- /dev/null"


@pytest.mark.parametrize("agent", FILES)
def test_snippets_are_the_whole_of_it(place, agent):
    told = dict(plan(place, agent).snippets())
    plan(place, agent).apply()
    for name, text in told.items():
        path = place.home / name.removeprefix("~/")
        if path.exists():
            assert text == path.read_text()
