"""JSON edited as text: what a person wrote stays, and what was added can be taken out again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_desktop.setup.edits import Edit, Malformed, applied, taken_back
from aimon_desktop.setup.json_text import JsonText

STRICT, REMARKS = JsonText(comments=False), JsonText(comments=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "env": {\n    "B": "2"\n  }\n}\n'),
        ("{}\n", '{\n  "env": {\n    "B": "2"\n  }\n}\n'),
        ('{"a":1}', '{"a":1,"env":{"B":"2"}}'),
        ('{"a": 1}', '{"a": 1, "env": {"B": "2"}}'),
        ('{\n    "a": 1\n}', '{\n    "a": 1,\n    "env": {\n        "B": "2"\n    }\n}'),
        ('{\n\t"env": {\n\t\t"A": "1"\n\t}\n}\n', '{\n\t"env": {\n\t\t"A": "1",\n\t\t"B": "2"\n\t}\n}\n'),
        ('{\n  "env": {"A": "1"},\n  "z": 0\n}\n', '{\n  "env": {"A": "1", "B": "2"},\n  "z": 0\n}\n'),
        ('{\n  "env": { }\n}', '{\n  "env": {\n    "B": "2"\n  }\n}'),
        ('{ "env": {\n  "B": "old", "C": "ö\\"," } }', '{ "env": {\n  "B": "2", "C": "ö\\"," } }'),
        ('{\n "env": 1, "env": {"A": "1"}\n}', '{\n "env": 1, "env": {"A": "1", "B": "2"}\n}'),
    ],
)
def test_a_value_goes_where_the_others_are_in_their_own_layout(before, after):
    assert STRICT.put(before, ("env", "B"), "2") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n  "a": 1 // note\n}', '{\n  "a": 1, // note\n  "b": 2\n}'),
        ('{\n  "a": 1 /* x\n  y */\n}', '{\n  "a": 1,\n  "b": 2 /* x\n  y */\n}'),
        ("{ // only a remark\n}", '{ // only a remark\n  "b": 2\n}'),
        ('// head\n{\n  "u": "http://x" /* "}" */\n}\n', '// head\n{\n  "u": "http://x", /* "}" */\n  "b": 2\n}\n'),
    ],
)
def test_remarks_stay_where_they_were(before, after):
    assert REMARKS.put(before, ("b",), 2) == after
    assert REMARKS.loads(after)["b"] == 2


def test_elements_go_to_the_end_and_a_missing_list_is_made():
    text = STRICT.append('{\n  "hooks": {\n    "Stop": [\n      {"a": 1}\n    ]\n  }\n}', ("hooks", "Stop"), {"b": 2})
    assert text == ('{\n  "hooks": {\n    "Stop": [\n      {"a": 1},\n      {"b": 2}\n    ]\n  }\n}')
    assert STRICT.append('{"x":[]}', ("x",), 1) == '{"x":[1]}'
    assert STRICT.append('{"y":0}', ("x",), 1) == '{"y":0,"x":[1]}'


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ('{"a":1,"b":2,"c":3}', ("b",), '{"a":1,"c":3}'),
        ('{"a":1,"b":2}', ("b",), '{"a":1}'),
        ('{\n  "a": 1,\n  "b": 2\n}', ("a",), '{\n  "b": 2\n}'),
        ('{\n  "a": 1,\n  "b": 2\n}', ("b",), '{\n  "a": 1\n}'),
        ('{\n  "a": 1\n}', ("a",), "{}"),
        ('{\n  // why\n  "a": 1, "b": 2\n}', ("a",), '{\n  // why\n  "b": 2\n}'),
        ('{\n  "a": 1, // one\n  "b": 2\n}', ("b",), '{\n  "a": 1 // one\n}'),
        ('{"x":[1,2,3]}', ("x", 1), '{"x":[1,3]}'),
        ('{"x":[1,2,3]}', ("x", 7), '{"x":[1,2,3]}'),
        ('{"x":1}', ("y", "z"), '{"x":1}'),
    ],
)
def test_what_is_dropped_takes_its_comma_along(before, path, after):
    assert REMARKS.drop(before, path) == after


@pytest.mark.parametrize(
    ("text", "line"), [('{\n  "a": 1,\n}', 3), ('{\n "a": tru', 2), ("[]", 1), ("// x\n{", 1), ("[" * 100_000, 1)]
)
def test_what_is_no_json_is_told_with_its_line(text, line):
    with pytest.raises(Malformed) as caught:
        STRICT.loads(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ('{\n"env": 3}', Edit(("env", "B"), 1)),
        ('{"env": []}', Edit(("env", "B"), 1)),
        ('{"hooks": {"Stop": 1}}', Edit(("hooks", "Stop"), 1, element=True)),
    ],
)
def test_something_else_in_the_way_is_not_written_over(text, edit):
    with pytest.raises(Malformed):
        applied(text, edit, STRICT)


def test_remarks_are_no_json_where_the_agent_reads_none():
    with pytest.raises(Malformed):
        STRICT.loads("{} // no")
    assert REMARKS.loads('{"a": "// no"} // yes') == {"a": "// no"}


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"indent": 4}, {"indent": "\t"}, {"separators": (",", ":")}])
EDITS = [
    Edit(("env", "A"), "1"),
    Edit(("hooks", "Stop"), {"hooks": [{"command": "x"}]}, element=True),
    Edit(("deep", "er", "still"), [1, {"a": None}]),
]


@given(st.dictionaries(WORDS.filter(lambda word: word not in {"env", "hooks", "deep"}), VALUES, max_size=4), LAYOUTS)
def test_edits_add_what_they_say_and_nothing_else_and_can_be_taken_back(document, layout):
    text = json.dumps(document, **layout)
    after = text
    for edit in EDITS:
        after = applied(after, edit, STRICT)
    assert STRICT.loads(after) == document | {
        "env": {"A": "1"},
        "hooks": {"Stop": [{"hooks": [{"command": "x"}]}]},
        "deep": {"er": {"still": [1, {"a": None}]}},
    }
    for edit in reversed(EDITS):
        after = taken_back(after, edit, STRICT)
    assert STRICT.loads(after) == document
    assert after == text or not document
