"""The programs in docs/trace-capture.md do what stands beside them, as they stand there."""

import os
import re
import subprocess
import sys

import pytest

from aimon_trace import load
from aimon_trace.instrument import names
from tests.contract.house import ROOT
from tests.frameworks.conftest import served, told

pytestmark = pytest.mark.frameworks
TEXT = (ROOT / "docs" / "trace-capture.md").read_text("utf-8")
LANGCHAIN, CREWAI, BY_NAME, OPTIONS, HANDLER = re.findall(r"(?s)```python\n(.*?)```", TEXT)
AGENT = """
from types import SimpleNamespace
from tests.frameworks import langchain_agents as agents
agent = agents.agent(SimpleNamespace(url={url!r}), agents.get_weather)
"""
RUN = """
print(agent.invoke(agents.say("T-WEATHER"))["messages"][-1].content)
"""
CALL = """
import openai
client = openai.OpenAI(base_url="{url}/v1")
answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "T-TELL"}])
print(answer.choices[0].message.content)
"""
CREW = """
from crewai import LLM, Agent, Crew, Task
llm = LLM(model="gpt-5.5", provider="openai", base_url="{url}/v1", api_key="sk-none")
agent = Agent(role="teller", goal="tell", backstory="old", llm=llm)
print(Crew(agents=[agent], tasks=[Task(description="T-TELL", expected_output="words", agent=agent)]).kickoff())
"""


def test_the_table_names_every_framework():
    assert sorted(re.findall(r"(?m)^\|.*\| `([a-z-]+)` \|$", TEXT)) == names()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (LANGCHAIN + AGENT + RUN, "7 degrees."),
        (CREWAI + CREW, "One two three."),
        (BY_NAME + CALL, "One two three."),
        (AGENT + OPTIONS.replace("    ...  ", "    agent.invoke(agents.say('T-WEATHER'))  ") + "print(len(runs))", "1"),
        (AGENT + HANDLER.replace("What is the weather", "T-WEATHER: what is the weather"), "318"),
    ],
    ids=["langchain", "crewai", "by name", "options", "handler"],
)
def test_a_program_leaves_its_trace(api, tmp_path, program, said):
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT),
        "OTEL_SDK_DISABLED": "true", "OTEL_TRACES_SAMPLER": "always_off", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "8",
    }  # fmt: skip
    command = [sys.executable, "-c", program.replace("{url!r}", repr(api.url)).replace("{url}", api.url)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.stdout.splitlines()[-1:], done.returncode) == ([said], 0), done.stderr
    (file,) = (tmp_path / "traces").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    run = load(file)
    assert told(run) == served(api)
    answer = run.get_llm_calls()[-1].output["content"]
    assert answer in ({"[REDACTED]"} if "capture_outputs=False" in program else {"7 degrees.", "One two three."})
