"""What the song is for: words that say whether it is for commercial use."""

from __future__ import annotations

import re

from aurax.intent.found import Found
from aurax.intent.text import PromptText

_COMMERCIAL = re.compile(
    r"(?:(?<!\w)|(?<=non))(?:for\s+)?(?:(?:an?|our|my|the)\s+)?(?:tv\s+|radio\s+)?(?:"
    r"commercial(?:ly)?(?:\s+(?:use|release|project|licen[cs]e|spot))?|adverts?|advertisements?|"
    r"ads?(?!\s+(?:hoc|libs?|libitum|infinitum)\b)(?:\s+campaign)?|"
    r"for\s+sale|to\s+sell|royalty[\s-]free|paying\s+client)(?!\w)"
)
_REFUSED = re.compile(
    r"(?:non[\s-]*|without\s+(?:any\s+)?|"
    r"(?:not?|never|n't)\s+(?:(?:to|be|use|used|sold|released|meant|intended|it|this|any|for)\s+)*)$"
)


def read_commercial(text: PromptText) -> Found[bool] | None:
    """Whether the prompt says that the song is for commercial use ("for an advert"), or that it is not.

    Returns:
        The last such words; None where the prompt does not say.
    """
    last = None
    for match in text.find(_COMMERCIAL):
        before = _REFUSED.search(text.folded[: match.start()])
        start = before.start() if before else match.start()
        last = Found(before is None, start, match.end(), text.quote(start, match.end()))
    return last
