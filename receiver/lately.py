"""How much agents wrote lately: their transcripts counted by name and time, none of them opened.

Apart from `follow`, which reads those of today: this only tells a person that there are more.
"""

from receiver.follow import below
from receiver.transcripts import LANGUAGES


def transcripts(since_ns: int) -> dict[str, int]:
    """By agent, the transcripts written to since a moment; an agent whose transcripts nobody reads is not in it.

    Blocks: it looks at each file's time.
    """
    return {
        language.agent: sum(
            written_s >= since_ns / 1e9 for root in language.roots() for _, written_s in below(root, language)
        )
        for language in LANGUAGES
    }
