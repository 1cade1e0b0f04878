// aimon's plugin for opencode: tells the hook program what happens in its sessions, and changes nothing.
// `aimon setup` puts the shell command that starts the hook program in the place of @COMMAND@.
import { spawn } from "node:child_process"

const COMMAND = "@COMMAND@"
const TEXT = 4096
const ANSWERS = 512

export const Aimon = async ({ directory }) => {
  const sessions = new Map() // what was told of each: a subagent's names the session that started it
  const asked = new Map() // request -> the tool call that waits for it
  const over = new Set() // sessions whose turn ended by an error or a refusal: that they are idle then is no news
  const models = new Map() // answer -> the model that gives it
  const answered = new Map() // session -> when the first tool of its step began: a step is over when its tools are

  function tell(event, session, fields) {
    if (typeof session !== "string" || !session) return
    let root = session
    while (sessions.get(root)?.parentID) root = sessions.get(root).parentID
    const cwd = sessions.get(root)?.directory ?? directory
    const payload = { hook_event_name: event, session_id: root, cwd, timestamp: Date.now(), ...fields }
    if (root !== session) payload.agent_id = session
    const hook = spawn("/bin/sh", ["-c", COMMAND], { stdio: ["pipe", "ignore", "ignore"] })
    hook.on("error", () => {})
    hook.stdin.on("error", () => {})
    hook.stdin.end(JSON.stringify(payload))
    hook.unref()
  }

  function seen(event, info) {
    const { parentID, directory, title } = info
    if (event === "session.updated" && sessions.get(info.id)?.title === title) return
    sessions.set(info.id, { parentID, directory, title })
    const kind = title?.match(/@([\w-]+) subagent/)?.[1] // all that a subagent's title says of it for sure
    tell(event, info.id, parentID ? { agent_type: kind } : { session_title: title })
  }

  function ask(event, request, fields) {
    const call = request.tool?.callID
    asked.set(request.id, { tool_use_id: call ?? request.id, ...(call && { tool_name: request.permission ?? "question" }) })
    tell(event, request.sessionID, { ...asked.get(request.id), ...fields })
  }

  function answer(event, reply) {
    tell(event, reply.sessionID, { ...asked.get(reply.requestID), status: reply.reply })
    asked.delete(reply.requestID)
  }

  function answering({ id, role, modelID, sessionID }) {
    if (role !== "assistant") return
    if (!models.has(id)) over.delete(sessionID)
    models.set(id, modelID)
    if (models.size > ANSWERS) models.delete(models.keys().next().value)
  }

  function used(part) {
    if (part.type !== "step-finish") return
    const { input, output, reasoning, total, cache } = part.tokens ?? {}
    tell("step-finish", part.sessionID, {
      step_id: part.id,
      model: models.get(part.messageID),
      tokens: { input, output, reasoning, total, cache_read: cache?.read, cache_write: cache?.write },
      cost: part.cost,
      finish: part.reason,
      ago_ms: answered.has(part.sessionID) ? Date.now() - answered.get(part.sessionID) : 0,
    })
    answered.delete(part.sessionID)
  }

  const events = {
    "session.created": (it) => seen("session.created", it.info),
    "session.updated": (it) => seen("session.updated", it.info),
    "session.deleted": (it) => tell("session.deleted", it.info.id),
    "session.error": (it) => {
      over.add(it.sessionID)
      tell("session.error", it.sessionID, {
        error: it.error?.name,
        message: String(it.error?.data?.message ?? "").slice(0, TEXT),
        status_code: it.error?.data?.statusCode,
      })
    },
    "session.status": (it) => {
      if (it.status?.type === "idle" && !over.has(it.sessionID)) tell("session.idle", it.sessionID)
    },
    "message.updated": (it) => answering(it.info),
    "message.part.updated": (it) => used(it.part),
    "permission.asked": (it) => ask("permission.asked", it, { message: (it.patterns ?? []).join(" ").slice(0, TEXT) }),
    "permission.replied": (it) => {
      if (it.reply === "reject") over.add(it.sessionID)
      answer("permission.replied", it)
    },
    "question.asked": (it) => ask("question.asked", it, { message: it.questions?.[0]?.question }),
    "question.replied": (it) => answer("question.replied", it),
    "question.rejected": (it) => answer("question.rejected", it),
  }

  return {
    event: async ({ event }) => {
      events[event.type]?.(event.properties)
    },
    "chat.message": async (input, output) => {
      over.delete(input.sessionID)
      answered.delete(input.sessionID)
      const words = output.parts.filter((part) => part.type === "text").map((part) => part.text).join("\n")
      tell("chat.message", input.sessionID, {
        prompt_id: output.message.id,
        prompt: words.slice(0, TEXT),
        model: input.model?.modelID,
      })
    },
    "tool.execute.before": async (input, output) => {
      if (!answered.has(input.sessionID)) answered.set(input.sessionID, Date.now())
      tell("tool.execute.before", input.sessionID, {
        tool_name: input.tool,
        tool_use_id: input.callID,
        tool_input: output.args,
      })
    },
    "tool.execute.after": async (input, output) => {
      tell("tool.execute.after", input.sessionID, {
        tool_name: input.tool,
        tool_use_id: input.callID,
        exit_code: output?.metadata?.exit,
        is_interrupt: over.has(input.sessionID),
      })
    },
  }
}
