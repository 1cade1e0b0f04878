"""Four layers of settings, each knowing who set what."""

from pathlib import Path

import pytest

from aimon_core.config import NAMES, Settings, load
from aimon_core.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_nothing_told_leaves_the_defaults(file):
    config = load(file, {}, {})
    assert config.settings == Settings()
    assert config.sources == dict.fromkeys(NAMES, "default")


def test_each_layer_wins_over_the_one_before_and_leaves_its_name(file):
    file.write_text('host = "::1"\nport = 1\nquiet_period = 3\ntheme = "nord"\n')
    config = load(file, {"AIMON_PORT": "2", "AIMON_QUIET_PERIOD": "4.5"}, {"quiet_period": 6.0, "theme": None})
    assert (config.settings.host, config.settings.port, config.settings.quiet_period) == ("::1", 2, 6.0)
    assert config.settings.theme == "nord"
    assert {name: config.sources[name] for name in ("host", "port", "quiet_period", "persist")} == {
        "host": str(file),
        "port": "AIMON_PORT",
        "quiet_period": "--quiet-period",
        "persist": "default",
    }


def test_the_environment_of_otel_ai_monitor_still_works_and_yields_to_our_own(file):
    older = {
        "OTLP_PORT": "5318",
        "OTEL_AI_QUIET_PERIOD": "3",
        "OTEL_AI_SESSION_TIMEOUT": "300",
        "OTEL_AI_COMPLETED_TIMEOUT": "30",
        "OTEL_AI_BROADCAST_INTERVAL": "2",
    }
    settings = load(file, older, {}).settings
    assert (settings.port, settings.stream_quiet_period, settings.stream_session_timeout) == (5318, 3.0, 300.0)
    assert (settings.stream_completed_timeout, settings.broadcast_interval) == (30.0, 2.0)
    assert settings.quiet_period == Settings().quiet_period  # its 3 s flickered: the ledger keeps its own
    assert load(file, older | {"AIMON_PORT": "6"}, {}).settings.port == 6


def test_words_of_the_environment_become_what_they_mean(file):
    settings = load(file, {"AIMON_PERSIST": "false", "AIMON_ALLOW_HOST": "a.internal, b"}, {}).settings
    assert (settings.persist, settings.allow_host) == (False, ("a.internal", "b"))
    assert load(file, {"AIMON_PORT": ""}, {}).sources["port"] == "default"


def test_a_list_and_a_table_come_from_the_file(file):
    file.write_text('allow_host = ["a"]\n[prices."my-model"]\ninput = 1\noutput = 2.5\n')
    settings = load(file, {}, {"allow_host": ()}).settings
    assert settings.allow_host == ("a",)
    assert settings.prices == {"my-model": {"input": 1.0, "output": 2.5}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", r"config.toml: there is no setting 'prot'. Did you mean 'port'\?"),
        ("allow-host = []", r"Did you mean 'allow_host'\?"),
        ("zzzzzz = 1", "`aimon config show` lists every setting"),
        ('port = "4318"', r"config.toml: port = '4318' is not understood"),
        ("port = 70000", "port = 70000 is not understood"),
        ("quiet_period = 0", "quiet_period = 0 is not understood"),
        ("port = ", "config.toml cannot be read"),
        ('quiet_hours = "22-7"', "quiet_hours = '22-7' is not understood"),
        ('quiet_hours = "22:00-24:00"', "quiet_hours = '22:00-24:00' is not understood"),
        ('notify_on = ["working"]', "notify_on = .* is not understood"),
    ],
)
def test_what_is_not_understood_is_named_with_its_remedy(file, text, words):
    file.write_text(text)
    with pytest.raises(UsageError, match=words) as raised:
        load(file, {}, {})
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(("variable", "value"), [("AIMON_PORT", "many"), ("AIMON_PERSIST", "perhaps")])
def test_a_variable_that_is_not_understood_is_named(file, variable, value):
    with pytest.raises(UsageError, match=f"{variable}: .*{value}"):
        load(file, {variable: value}, {})


def test_a_file_that_is_no_text_is_refused(file):
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        load(file, {}, {})


def test_sources_are_chosen_by_name(file):
    everything = ("otlp", "hooks", "transcripts", "processes")
    assert load(file, {}, {}).settings.sources == everything
    assert load(file, {"AIMON_SOURCES": "otlp, hooks"}, {}).settings.sources == ("otlp", "hooks")
    assert load(file, {"AIMON_SOURCES": "otlp"}, {"sources": "processes"}).settings.sources == ("processes",)
    file.write_text('sources = ["transcripts"]\n')
    assert load(file, {}, {}).settings.sources == ("transcripts",)
    with pytest.raises(UsageError, match=r"sources = .*telepathy"):
        load(file, {"AIMON_SOURCES": "otlp,telepathy"}, {})


def test_expectations_are_tables_of_the_file_alone_which_is_named_for_whoever_reads_them(file):
    file.write_text('[expectations."shop-*"]\ncost_budget = 2\ntool_limits = { Bash = 10 }\n')
    settings = load(file, {"AIMON_EXPECTATIONS": "x"}, {}).settings
    assert settings.expectations == {"shop-*": {"cost_budget": 2, "tool_limits": {"Bash": 10}}}
    assert settings.file == str(file)
    file.write_text('file = "x"\n')
    with pytest.raises(UsageError, match="there is no setting 'file'"):
        load(file, {}, {})


def test_notifications_are_chosen_by_state_and_by_the_hour(file):
    environment = {"AIMON_NOTIFY_ON": "waiting,failed", "AIMON_QUIET_HOURS": "22:00-07:30", "AIMON_NOTIFY": "true"}
    settings = load(file, environment, {"notify": False}).settings
    assert (settings.notify_on, settings.quiet_hours) == (("waiting", "failed"), "22:00-07:30")
    assert settings.notify is False
