"""What reasoning models leave around their answers: thoughts in tags or channels, wrappers, end tokens, further turns.

The servers of local models are meant to take all that out, and many do not. A tag within quotation marks or back-ticks
is part of what is to be painted, and stays.
"""

import re
from typing import Final

_NAME: Final = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)"
_QUOTE: Final = "[\"'`“”‘’«»]"
_UNQUOTED: Final = rf"(?!{_QUOTE}(?:\W|\Z))"
_MARK: Final = re.compile(
    rf"""(?ix)(?<!{_QUOTE})(?:(?P<begin>
      < {_NAME} > | \[ think \] | ◁ think ▷
    | <\| (?:begin_of_|start_) {_NAME} \|> | <unused94> (?:thought)?
    | <\|channel\|> \s* (?!final) \w{{1,30}} [^<]{{0,200}} <\|message\|> | <\|channel> \s* thought
)|(?P<end>
      </ {_NAME} > | \[ /think \] | ◁ /think ▷
    | <\| (?:end_of_|end_) {_NAME} \|> | <unused95>
    | <\|channel\|> \s* final [^<]{{0,200}} <\|message\|> | <channel\|>
)){_UNQUOTED}"""
)
_WRAPPER: Final = r"(?:answer|final_answer|final|response|output|solution|prompt)"
_OPENED: Final = re.compile(rf"(?i)(?:<{_WRAPPER}>|<\|(?:begin_of_|start_){_WRAPPER}\|>|\[begin final response\])")
_CLOSED: Final = re.compile(
    rf"(?i)(?<!{_QUOTE})(?:</{_WRAPPER}>|<\|(?:end_of_|end_){_WRAPPER}\|>|\[end final response\])\Z"
)
_TOKEN: Final = (
    rf"(?<!{_QUOTE})(?:<[|｜][^|｜<>\s]{{1,40}}[|｜]>|</?s>|<[be]os>|<(?:start|end)_of_turn>|<turn\|>|\[/?INST\]"
    rf"|\[\|\w{{1,30}}\|\]){_UNQUOTED}"
)
_FIRST_TOKENS: Final = re.compile(rf"(?:\s*{_TOKEN}(?:assistant|model)?\s*)+")
_LAST_TOKEN: Final = re.compile(_TOKEN)


def without_thoughts(text: str) -> str:
    """The answer alone, without outer white space; empty where there are thoughts and no answer."""
    if re.match(r"\s*(?:analysis|commentary)(?=\S)", text) and (told := re.search(r"assistant\s?final", text)):
        text = text[told.end() :]  # channels whose tokens the server has taken out
    text = _unmarked(text)
    if first := _FIRST_TOKENS.match(text):
        text = text[first.end() :]
    if last := _LAST_TOKEN.search(text):
        text = text[: last.start()]  # what follows is another turn that nobody asked for
    text = text.strip()
    if opened := _OPENED.match(text):
        text = _CLOSED.sub("", text[opened.end() :])
    return text.strip()


def _unmarked(text: str) -> str:
    """What stands outside of marked thoughts; an end without a beginning makes all that is before it a thought."""
    kept, start, is_thought = list[str](), 0, False
    for mark in _MARK.finditer(text):
        if mark["end"]:
            if not is_thought:
                kept.clear()
            start, is_thought = mark.end(), False
        elif not is_thought:
            kept.append(text[start : mark.start()])
            is_thought = True
    return "".join(kept) if is_thought else "".join((*kept, text[start:]))
