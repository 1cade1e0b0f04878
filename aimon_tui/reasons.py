"""Why a session is in its state, in words: what each signal says of it, and how the signals weigh against another."""

from collections.abc import Sequence

from aimon_core.clean import clean
from aimon_core.session import Evidence, Session
from aimon_core.standing import RANK
from aimon_tui.format import wall

_PLURAL = {
    "hook": "hooks", "file": "session files", "log": "log events", "span": "spans", "transcript": "transcripts",
    "process": "processes", "clock": "silence", "person": "you",
}  # fmt: skip
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_WAITS = {"permission": "for a permission", "question": "for an answer", "dialog": "in a dialog"}


def verdict(one: Evidence, session: Session) -> str:
    """What a signal does to the state: `decides`, `agrees`, or why it was not believed."""
    if one.decides:
        return "decides"
    if one.says == session.state:
        return "agrees"
    decider = _decider(session.evidence)
    if decider is None:
        return "disagrees"
    older = one.at_ns < decider.at_ns
    weaker = _strength(one) < _strength(decider)
    return ", ".join(word for word, fits in (("older", older), ("weaker", weaker)) if fits) or "disagrees"


def since(session: Session) -> str:
    """The state in a sentence."""
    at = wall(session.since_ns, exact=False)
    match session.state:
        case "waiting":
            return f"Waiting {_WAITS.get(session.waiting_for or '', 'for you')} since {at}."
        case "completed":
            return f"Done since {at}, not seen yet."
        case "failed":
            why = f": {clean(session.last_error_type, 40)}" if session.last_error_type else ""
            return f"Failed at {at}{why}."
        case "ended":
            return f"Ended at {at}."
        case "expired":
            return f"Given up at {at}: nothing was heard of it."
        case _:
            return f"{session.state.capitalize()} since {at}."


def weighed(session: Session) -> str:
    """How the signals agree, in a sentence."""
    signals = session.evidence
    if not signals:
        return "No signal was kept."
    against = [one for one in signals if verdict(one, session) not in {"decides", "agrees"}]
    if not against:
        return "One signal says so." if len(signals) == 1 else f"All {_number(len(signals))} signals agree."
    decider = _decider(signals)
    weaker = dict.fromkeys(_name(one) for one in against if decider and _strength(one) < _strength(decider))
    older = decider is not None and all(one.at_ns < decider.at_ns for one in against)
    verb, be = ("disagrees", "is") if len(against) == 1 else ("disagree", "are")
    told = f"{_number(len(against))} signal{'' if len(against) == 1 else 's'} of {_number(len(signals))} {verb}"
    told += f" and {be} older." if older else "."
    if decider and weaker:
        told = f"{_name(decider)} outrank {' and '.join(weaker)}; {told}"
    return told[0].upper() + told[1:]


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _name(one: Evidence) -> str:
    return _PLURAL.get(_channel(one), "it")


def _decider(signals: Sequence[Evidence]) -> Evidence | None:
    return next((one for one in signals if one.decides), None)


def _channel(one: Evidence) -> str:
    return one.signal.partition(":")[0]


def _strength(one: Evidence) -> int:
    return RANK.get(_channel(one), max(RANK.values()) + 1)  # a person's own word stands above all
