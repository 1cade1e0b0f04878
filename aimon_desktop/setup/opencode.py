"""opencode's plugin: it hands what happens to the hook program. Its telemetry listens to the environment alone."""

import json
from importlib import resources

from aimon_desktop.setup.connection import Connection, Document, Part, Setting
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.plain_text import TEXT, PlainText

AGENT = "opencode"

_COMMAND = '"@COMMAND@"'


def plugin() -> str:
    """The plugin as this aimon ships it, `@COMMAND@` in the place of the hook program's."""
    return resources.files("aimon_desktop.setup").joinpath("opencode_plugin.js").read_text("utf-8")


def connection(place: Place) -> Connection:
    """`plugins/aimon.js` in `$XDG_CONFIG_HOME/opencode` or `~/.config/opencode`."""
    folder = place.folder("XDG_CONFIG_HOME", ".config") / "opencode"
    text = plugin().replace(_COMMAND, json.dumps(place.hook_script(AGENT)))
    document = Document(folder / "plugins" / "aimon.js", PlainText(), (Part("hooks", (Setting(TEXT, text),)),))
    return Connection(
        AGENT,
        folder,
        (document,),
        "waits, tools and ends of turns as they happen",
        "Spans come with telemetry, which it takes from its environment: aimon run -- opencode",
    )
