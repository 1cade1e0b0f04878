"""What instrumentors say in words of their own: read as what it means."""

import pytest

from aimon_trace.content import answered, arguments, asked
from aimon_trace.convert import SpanConverter
from tests.trace.test_convert import span

SCHEMA = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'


@pytest.mark.parametrize(
    ("facts", "given"),
    [
        ({"tool.parameters": SCHEMA, "input.value": '{"city": "Oslo"}'}, {"city": "Oslo"}),
        ({"tool.parameters": '{"type": "object", "name": "x"}', "input.value": "x"}, {"type": "object", "name": "x"}),
        ({"tool.parameters": SCHEMA}, {}),
    ],
)
def test_what_a_tool_may_be_given_is_not_what_it_was(facts, given):
    assert arguments(facts) == given


def test_what_a_crew_came_to_is_its_last_word():
    assert answered({"output.value": '{"raw": "7 degrees.", "tasks_output": [], "pydantic": null}'}) == "7 degrees."


def test_who_asks_for_nothing_asks_nothing():
    assert [asked({"input.value": told}) for told in ("{}", "[]", "", '{"city": "Oslo"}')] == [""] * 3 + [
        '{"city": "Oslo"}'
    ]


def test_a_tool_with_agent_in_its_name_is_a_tool():
    """As LangChain's instrumentor tells of it."""
    told = {"openinference.span.kind": "AGENT", "tool.name": "ask_agent", "input.value": "x"}
    assert SpanConverter().convert_span(span(attributes=told)).tool_name == "ask_agent"
    assert SpanConverter().convert_span(span(attributes={**told, "tool.name": None})).step_type == "state_change"
