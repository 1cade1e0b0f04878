"""A client that only starts is no row, whatever it says of itself."""

import pytest

from aimon_core.events import LlmCalled, LlmTried, PromptSubmitted, ToolFinished
from receiver.dialects import Interpreter
from tests.fakes.captures import cases, sent
from tests.walk.test_captures import fed, single, translated

WORK = (PromptSubmitted, LlmCalled, LlmTried, ToolFinished)
"""What a span tells of before that of its prompt, which lasts longer, or with it."""


@pytest.mark.parametrize(("agent", "name"), cases("gemini-cli", "qwen-code", "copilot", "opencode"))
def test_what_comes_before_the_first_prompt_or_call_makes_no_row(agent, name):
    interpreter, noise = Interpreter(), []
    for part in (part for one in sent(name, agent) if one.signal != "hooks" for part in single(one)):
        if any(isinstance(event, WORK) for event in translated(part, interpreter)):
            break
        noise.append(part)
    assert noise or agent == "gemini-cli" or name == "print-401", "its first record may be a span of its prompt"
    assert fed(noise).sessions(every=True) == []
