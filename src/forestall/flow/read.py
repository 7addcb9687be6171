"""Read: open content up into plain texts, brightness planes and file facts. What can't be read is a Problem."""

from forestall.flow.intake import too_long, valid
from forestall.model.content import Content, Markup, Problem
from forestall.model.ports import Opener
from forestall.model.reading import BODY, FileFacts, Plane, Reading, Role, Segment, Sound
from forestall.text.html import visible
from forestall.text.language import identify


def open_up(content: Content, opener: Opener, max_text: int) -> Reading:
    """Give the Reading of received content. Segment 0 is the post's own text where it has any."""
    segments: list[Segment] = []
    problems: list[Problem] = list(content.problems)
    planes: list[Plane] = []
    files: list[FileFacts] = []
    sounds: list[Sound] = []
    if content.text:
        segments += _plain(Segment(BODY, Role.BODY, content.text, content.markup))
    segments += [Segment(f"{BODY}#link{n}", Role.LINK, link) for n, link in enumerate(content.links, 1)]
    for attachment in content.attachments:
        opened = opener.open(attachment)
        for segment in opened.segments:
            segments += _plain(_cut(segment, max_text, problems))
        planes += opened.planes
        files += opened.files
        sounds += opened.sounds
        problems += opened.problems
    return Reading(
        content_id=content.id,
        segments=tuple(segments),
        planes=tuple(planes),
        files=tuple(files),
        problems=tuple(problems),
        language=_language(segments, content.language),
        sounds=tuple(sounds),
    )


def _cut(segment: Segment, max_text: int, problems: list[Problem]) -> Segment:
    """Give a segment of valid Unicode within the limit, naming what was cut."""
    text = valid(segment.text)
    if len(text) > max_text:
        problems.append(too_long(segment.part, len(text), max_text))
        text = text[:max_text]
    return segment if text is segment.text else Segment(segment.part, segment.role, text, segment.markup)


def _plain(segment: Segment) -> list[Segment]:
    """Give a segment as plain text; HTML becomes its visible text and one link segment per target."""
    if segment.markup is Markup.PLAIN:
        return [segment]
    shown = visible(segment.text)
    plain = [Segment(segment.part, segment.role, shown.text)] if shown.text else []
    return plain + [Segment(f"{segment.part}#link{n}", Role.LINK, link) for n, link in enumerate(shown.links, 1)]


def _language(segments: list[Segment], declared: str) -> str:
    """Name the language of the post's own text, or else of the longest text that came with it."""
    texts = [segment for segment in segments if segment.role in (Role.BODY, Role.PAGE)]
    if not texts:
        return identify("", declared)
    main = texts[0] if texts[0].role is Role.BODY else max(texts, key=lambda segment: len(segment.text))
    return identify(main.text, declared)
