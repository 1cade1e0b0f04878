"""What people are told of a plan, by a command or on the screen: where an agent stands, what comes, what came."""

from collections.abc import Iterable, Iterator

from aimon_desktop.setup import executables
from aimon_desktop.setup.changes import Broken
from aimon_desktop.setup.plan import Plan, State, shortened

_GLYPHS = {State.CONNECTED: "✓", State.NOT_CONNECTED: "○", State.OUTDATED: "!", State.BROKEN: "×"}


def standing(plan: Plan) -> tuple[str, str]:
    """Glyph and word of where an agent stands."""
    word = plan.state.value
    if isinstance(plan.problem, Broken):
        word += f", line {plan.problem.line}"
    elif plan.state is State.CONNECTED and plan.left:
        word = f"partly {word}"
    return _GLYPHS[plan.state], word


def told(plan: Plan) -> str:
    """An agent and where it stands, e.g. `Claude Code 2.1.329  ○ not connected`."""
    version = executables.version(plan.agent, plan.place)
    return f"{plan.connection.label}{f' {version}' if version else ''}  {' '.join(standing(plan))}"


def before(plan: Plan) -> Iterator[str]:
    """Sentences to be read before a plan is carried out, beside its `diff`."""
    if plan.problem is not None:
        yield str(plan.problem)
    for words in plan.left:
        yield f"Left as you set it, {words}. `aimon setup --force` writes over it."
    if plan.has_work and plan.installs:
        place = plan.place
        programs = f"{place.hook_file.name} and {place.statusline_file.name}"
        yield f"Copies {programs} to {shortened(place.data_dir, place)}, which agents call."


def done(plan: Plan) -> Iterator[str]:
    """Sentences to be read once a plan has been carried out."""
    yield f"{plan.connection.label} is set up: {plan.connection.gives}."
    if plan.connection.uses_hooks:
        yield "Sessions that run already keep their old settings: restart them."
    if plan.connection.remark:
        yield plan.connection.remark


def undone(plan: Plan, said: Iterable[str]) -> Iterator[str]:
    """Sentences to be read once a plan has been taken back, of what its `undo` said."""
    for line in list(said) or ["There is nothing of aimon's to undo."]:
        yield f"{plan.connection.label}: {line}"
