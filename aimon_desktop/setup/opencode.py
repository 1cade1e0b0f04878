"""opencode's plugin: it hands what happens to the hook program. Its telemetry listens to the environment alone."""

import json

from aimon_desktop.setup.connection import Connection, Document, Part, Setting
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.plain_text import TEXT, PlainText

AGENT = "opencode"

_PLUGIN = """\
// Written by `aimon setup opencode`, removed by `aimon setup --undo opencode`.
// Tells aimon what happens here: sessions, prompts, tools, permissions, and what each answer used.
import { spawn } from "node:child_process"

const script = %s
const told = /^(session\\.(created|updated|deleted|idle|error|status)|permission\\.|question\\.|message\\.updated)/

export const Aimon = async ({ directory }) => {
  const tell = (name, properties) => {
    try {
      const hook = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] })
      hook.on("error", () => {})
      hook.stdin.on("error", () => {})
      hook.stdin.end(JSON.stringify({ hook_event_name: name, cwd: directory, pid: process.pid, properties }))
    } catch {}
  }
  return {
    event: async ({ event }) => {
      const message = event.type === "message.updated" && event.properties.info
      if (message && message.role === "assistant" && !message.time.completed) return
      if (told.test(event.type)) tell(event.type, event.properties)
    },
    "tool.execute.before": async (input, output) => tell("tool.execute.before", { ...input, args: output.args }),
    "tool.execute.after": async (input) => tell("tool.execute.after", input),
  }
}
"""


def connection(place: Place) -> Connection:
    """`plugins/aimon.js` in `$XDG_CONFIG_HOME/opencode` or `~/.config/opencode`."""
    folder = place.folder("XDG_CONFIG_HOME", ".config") / "opencode"
    plugin = _PLUGIN % json.dumps(place.hook_script(AGENT))
    document = Document(folder / "plugins" / "aimon.js", PlainText(), (Part("hooks", (Setting(TEXT, plugin),)),))
    return Connection(
        AGENT,
        folder,
        (document,),
        "waits, tools and ends of turns as they happen",
        "Spans come with telemetry, which it takes from its environment: aimon run -- opencode",
    )
