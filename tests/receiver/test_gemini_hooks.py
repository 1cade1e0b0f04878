"""What Gemini CLI's hooks tell only between the lines: how a tool ended, and where an answer begins again."""

import json

import pytest

from aimon_core.events import ToolFinished, TurnEnded
from receiver import hooks
from tests.fakes.events import START_NS

USED = {"session_id": "s1", "hook_event_name": "AfterTool", "tool_name": "read_file"}
LOST = {"llmContent": "Could not read file.", "error": {"message": "File not found: a.md", "type": "file_not_found"}}


def only(kind, **payload):
    (found,) = (one for one in hooks.translate("gemini-cli", payload, START_NS) if isinstance(one, kind))
    return found


@pytest.mark.parametrize(
    ("response", "ok", "error"),
    [(LOST, False, "File not found: a.md"), ({"llmContent": "a: 1"}, True, ""), (None, True, ""), ("a: 1", True, "")],
)
def test_a_failed_tool_says_so_in_its_response(response, ok, error):
    told = only(ToolFinished, **USED, tool_response=response)
    assert (told.ok, told.error) == (ok, error)


def test_the_journal_keeps_that_it_failed_and_no_word_of_it():
    kept = json.loads(json.dumps(hooks.kept("gemini-cli", USED | {"tool_response": LOST}, None)))
    assert "not found" not in json.dumps(kept)
    assert only(ToolFinished, **kept).ok is False


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("All 3 tests pass. 3  tests  pass.", "All 3 tests pass."),
        ("The ware house is fine. ware  hou se is  fine.", "The ware house is fine."),
        (" I thought hard.", "I thought hard."),
        ("One part alone.", "One part alone."),
        ("It ends where it began: it ends.", "It ends where it began: it ends."),
        ("[no response text]", ""),
    ],
)
def test_an_answer_is_said_once_though_its_parts_are_told_again(told, words):
    payload = {"session_id": "s1", "hook_event_name": "AfterAgent", "prompt_response": told}
    assert only(TurnEnded, **payload).text == words
