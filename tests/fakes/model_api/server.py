"""The server of the scripted model: finds the answer that a request gets, gives it, and writes down that it did."""

import asyncio
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Self

from aiohttp import web
from msgspec.structs import replace

from tests.fakes.model_api import anthropic, chat, openai
from tests.fakes.model_api.script import DONE, SIDE, SUMMARY, Answer, Script, Scripts, Usage
from tests.fakes.model_api.served import Kind, Served, total

BODY = 256 << 20
"""Bytes of a request: a conversation is sent anew with each call."""


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
        app.router.add_post("/v1/chat/completions", self._completions)
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
        return await self._serve(anthropic, request)

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(openai, request)

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(chat, request)

    async def _serve(self, wire: Any, request: web.Request) -> web.StreamResponse:
        """Answer a call in the words of one API, `wire`."""
        body = await request.json()
        call, answer = self._found(wire, body, request.headers)
        headers = {wire.ID_HEADER: call.request_id}
        await asyncio.sleep(answer.delay_s)
        if call.attempt <= len(answer.fails):
            status = answer.fails[call.attempt - 1]
            self._note(call, status=status)
            headers |= {"retry-after": "1"} if status in {429, 529} else {}
            return web.json_response(wire.error(status, call.request_id), status=status, headers=headers)
        whole = wire.document(answer, call.model)
        call = replace(call, response_id=whole["id"], usage=answer.usage, tools=answer.tools)
        if body.get("stream"):
            return await self._stream(request, headers, list(wire.events(whole)), (call, answer.chunk_s))
        self._note(call)
        return web.json_response(whole, headers=headers)

    async def _stream(
        self, request: web.Request, headers: dict[str, str], events: list[bytes], told: tuple[Served, float]
    ) -> web.StreamResponse:
        """Tell events one after the other; it is noted before the last one, or once the client is gone."""
        call, chunk_s = told
        headers |= {"content-type": "text/event-stream", "cache-control": "no-cache"}
        stream = web.StreamResponse(headers=headers)
        try:
            await stream.prepare(request)
            for event in events[:-1]:
                await stream.write(event)
                await asyncio.sleep(chunk_s)
        except ConnectionError:
            self._note(call, aborted=True)
            return stream
        self._note(call)
        await stream.write(events[-1])
        await stream.write_eof()
        return stream

    def _found(self, wire: Any, body: Any, headers: Mapping[str, str]) -> tuple[Served, Answer]:
        """What a call is and gets. Who cannot use the tools of a script does not follow it."""
        tools = _names(body)
        script, step = next(self._named(wire.prompts(body)), ("", 0)) if tools or not wire.ASIDES else ("", 0)
        kind: Kind = "summary" if wire.wants_summary(body) else "main"
        answer = _at(self._scripts.get(script, ()), step)
        if kind == "main" and not (script and set(answer.tools) <= tools):
            kind = "side"
        session = wire.session(body, headers)
        attempt = (session, script, step, len(body.get("messages", body.get("input", ()))))
        self._attempts[attempt] += 1
        call = Served(
            at=0.0, request_id=f"req_{uuid.uuid4().hex[:24]}", session=session, agent=wire.agent(headers), kind=kind,
            script=script, step=step, attempt=self._attempts[attempt], model=str(body.get("model", "")), status=200,
        )  # fmt: skip
        return call, {"main": answer, "side": SIDE, "summary": SUMMARY}[kind]

    def _named(self, prompts: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        """The scripts that prompts name, the last first, each with the place in it."""
        for text, step in prompts:
            if self._words and (words := self._words.findall(text)):
                yield words[-1], step

    def _note(self, call: Served, **outcome: Any) -> None:
        self.served.append(replace(call, at=time.time(), **outcome))

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response({"input_tokens": len(await request.read()) // 4})

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [], "models": []})

    async def _unknown(self, _: web.Request) -> web.Response:
        return web.json_response(anthropic.error(404, ""), status=404)


def _at(script: Script, step: int) -> Answer:
    return script[step] if step < len(script) else DONE


def _names(body: Any) -> set[str]:
    """The tools that a request offers, those of namespaces among them."""
    offered = list(body.get("tools") or ())
    named = [one.get("function") or one for tool in offered for one in (tool, *(tool.get("tools") or ()))]
    return {str(one.get("name") or one.get("type")) for one in named}
