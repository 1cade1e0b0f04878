"""Agents as people write them with LangChain and LangGraph: nothing in them knows of any trace."""

from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import interrupt
from pydantic import Field


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"{city}: 7 degrees"


@tool
def broken(city: str) -> str:
    """Breaks."""
    raise ValueError(f"no {city} on the map")


@tool
def ask(question: str) -> str:
    """Asks a person."""
    return str(interrupt(question))


def model(api, **more):
    return ChatOpenAI(model="gpt-5.5", base_url=f"{api.url}/v1", api_key="sk-none", max_retries=0, **more)


def agent(api, *tools, **more):
    return create_agent(model(api), list(tools), name="weather_agent", **more)


def asking(api):
    return agent(api, ask, checkpointer=InMemorySaver())


def say(words):
    return {"messages": [{"role": "user", "content": words}]}


DOCUMENTS = (
    Document("Oslo is cold.", metadata={"score": 0.9, "page": 3}),
    Document("So is Bergen.", metadata={"score": 12.5}),
)


class Shelf(BaseRetriever):
    """Two documents, with scores."""

    documents: list = Field(default_factory=lambda: list(DOCUMENTS))

    def _get_relevant_documents(self, query, *, run_manager):
        return self.documents
