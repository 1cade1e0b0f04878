"""A scripted model behind the real APIs of Anthropic and OpenAI, for tests of whatever talks to one.

    async with ModelApi(SCRIPTS) as api:
        ...  # ANTHROPIC_BASE_URL=api.url, or an OpenAI provider at f"{api.url}/v1"
        assert api.total() == Usage(input=203, output=53)

It streams, asks for tools, fails and dawdles as its scripts say, listens on loopback only and keeps nothing of what it
is asked. Real clients cannot tell it from the real thing, and `served` says to the token what it told them.
"""

from tests.fakes.model_api.script import Answer, Script, Scripts, Text, Thinking, ToolUse, Usage, says, tool
from tests.fakes.model_api.served import Served, total
from tests.fakes.model_api.server import ModelApi

__all__ = [
    "Answer",
    "ModelApi",
    "Script",
    "Scripts",
    "Served",
    "Text",
    "Thinking",
    "ToolUse",
    "Usage",
    "says",
    "tool",
    "total",
]
