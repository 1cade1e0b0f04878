"""The server of the scripted model: finds the answer that a request gets, gives it, and writes down that it did."""

import asyncio
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

from aiohttp import web

from tests.fakes.model_api import anthropic, openai
from tests.fakes.model_api.script import DONE, SIDE, SUMMARY, Answer, Scripts, Usage
from tests.fakes.model_api.served import Kind, Served, total

BODY = 256 << 20
"""Bytes of a request: a conversation is sent anew with each call."""
Noted = Callable[..., None]


class ModelApi:
    """The API, from `async with` to its end."""

    def __init__(self, scripts: Scripts) -> None:
        """Which script a turn follows is said by a word in its prompt."""
        self.served: list[Served] = []
        self._scripts = scripts
        self._words = re.compile(r"\b(?:" + "|".join(map(re.escape, scripts)) + r")\b") if scripts else None
        self._attempts: Counter[tuple[object, ...]] = Counter()
        app = web.Application(client_max_size=BODY)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_post("/v1/responses", self._responses)
        app.router.add_get("/v1/models", self._models)
        app.router.add_route("*", "/{path:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.port = 0

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it is, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def answered(self, session: str | None = None) -> list[Served]:
        """The calls that were answered to the end, of all sessions or of one."""
        return [one for one in self.served if one.answered and session in {None, one.session}]

    def total(self, session: str | None = None) -> Usage:
        """Their tokens."""
        return total(self.answered(session))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        kind: Kind = "summary" if anthropic.wants_summary(body) else "main"
        call = self._call(body, anthropic.prompts(body), kind, anthropic.session(body, request.headers))
        call = call | {"agent": anthropic.agent(request.headers)}
        answer = self._answer(call, _names(body))
        await asyncio.sleep(answer.delay_s)
        if status := _failure(answer, call):
            self._note(call, status=status)
            headers = {"request-id": call["request_id"]} | ({"retry-after": "1"} if status in {429, 529} else {})
            return web.json_response(anthropic.error(status, call["request_id"]), status=status, headers=headers)
        whole = anthropic.message(answer, call["model"])
        noted = partial(self._note, call, status=200, usage=answer.usage, tools=answer.tools)
        headers = {"request-id": call["request_id"]}
        return await _told(request, body, answer, whole, headers, noted)

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        call = self._call(body, openai.prompts(body), "main", openai.session(request.headers))
        answer = self._answer(call, _names(body))
        await asyncio.sleep(answer.delay_s)
        headers = {"x-request-id": call["request_id"]}
        if status := _failure(answer, call):
            self._note(call, status=status)
            return web.json_response(openai.error(status), status=status, headers=headers)
        whole = openai.response(answer, call["model"])
        call["request_id"] = whole["id"]
        noted = partial(self._note, call, status=200, usage=answer.usage, tools=answer.tools)
        return await _told(request, body, answer, whole, headers, noted)

    def _call(self, body: Any, prompts: list[tuple[str, int]], kind: Kind, session: str) -> dict[str, Any]:
        """What is known of a call before it is answered."""
        script, step = next(self._named(prompts), ("", 0)) if body.get("tools") else ("", 0)
        attempt = (session, script, step, len(body.get("messages", body.get("input", ()))))
        self._attempts[attempt] += 1
        return {
            "request_id": f"req_{uuid.uuid4().hex[:24]}",
            "session": session,
            "kind": kind if script or kind == "summary" else "side",
            "script": script,
            "step": step,
            "attempt": self._attempts[attempt],
            "model": str(body.get("model", "")),
        }

    def _named(self, prompts: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """The scripts that prompts name, the last first, each with the place in it."""
        for text, step in prompts:
            if self._words and (words := self._words.findall(text)):
                yield words[-1], step

    def _answer(self, call: dict[str, Any], offered: set[str]) -> Answer:
        """What a call gets; who cannot use the tools of a script does not follow it."""
        if call["kind"] != "main":
            return SUMMARY if call["kind"] == "summary" else SIDE
        script = self._scripts[call["script"]]
        answer = script[call["step"]] if call["step"] < len(script) else DONE
        if set(answer.tools) <= offered:
            return answer
        call["kind"] = "side"
        return SIDE

    def _note(self, call: dict[str, Any], **outcome: Any) -> None:
        self.served.append(Served(at=time.time(), **call, **outcome))

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response({"input_tokens": len(await request.read()) // 4})

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [], "models": []})

    async def _unknown(self, _: web.Request) -> web.Response:
        return web.json_response(anthropic.error(404, ""), status=404)


def _names(body: Any) -> set[str]:
    """The tools that a request offers, those of namespaces among them."""
    offered = list(body.get("tools") or ())
    return {str(one.get("name") or one.get("type")) for tool in offered for one in (tool, *(tool.get("tools") or ()))}


def _failure(answer: Answer, call: dict[str, Any]) -> int:
    """The status with which this attempt fails; 0 where it succeeds."""
    return answer.fails[call["attempt"] - 1] if call["attempt"] <= len(answer.fails) else 0


async def _told(
    request: web.Request, body: Any, answer: Answer, whole: Any, headers: dict[str, str], noted: Noted
) -> web.StreamResponse:
    """Give an answer, in one piece or streamed, and write it down: before its last byte, or once the client is gone."""
    if not body.get("stream"):
        noted()
        return web.json_response(whole, headers=headers)
    stream = web.StreamResponse(headers=headers | {"content-type": "text/event-stream", "cache-control": "no-cache"})
    *events, last = (anthropic if "content" in whole else openai).events(whole)
    try:
        await stream.prepare(request)
        for event in events:
            await stream.write(event)
            await asyncio.sleep(answer.chunk_s)
    except ConnectionError:
        noted(aborted=True)
        return stream
    noted()
    await stream.write(last)
    await stream.write_eof()
    return stream
