"""Which findings do not count, and why: a context in the same part that makes them safe speech."""

from collections.abc import Mapping, Sequence

from forestall.model.decision import Excuse, Fact
from forestall.model.finding import Finding
from forestall.policy.engine import ReadyPardon, Ruleset
from forestall.policy.logic import World, share


def excuse(facts: Mapping[str, Fact], findings: Sequence[Finding], ruleset: Ruleset) -> tuple[Excuse, ...]:
    """Give the excuses that apply, each with the indices of the findings it excuses, in the order of the ruleset.

    A context excuses findings in its own file or text only: news in a post says nothing about a poster that came with it. `unless`
    looks at all findings, excused or not, and keeps the excuse away also when it cannot be answered.
    """
    contexts: dict[int, set[str]] = {}
    for finding in findings:
        for number in ruleset.by_context.get(finding.label, ()):
            if share(finding.score) >= ruleset.ready_pardons[number].pardon.at_least:
                contexts.setdefault(number, set()).add(_file(finding.part))
    if not contexts:
        return ()
    everything = World(facts, findings, range(len(findings)), ruleset.patterns)
    return tuple(
        Excuse(ready.pardon.name, ready.pardon.text, indices)
        for ready, files in ((ruleset.ready_pardons[number], contexts[number]) for number in sorted(contexts))
        if (indices := _excused(ready, files, findings)) and (ready.unless is None or ready.unless(everything) is False)
    )


def _excused(ready: ReadyPardon, files: set[str], findings: Sequence[Finding]) -> tuple[int, ...]:
    """Give the indices of the findings one excuse covers in these files."""
    return tuple(
        index
        for index, finding in enumerate(findings)
        if finding.label in ready.labels and _file(finding.part) in files
    )


def _file(part: str) -> str:
    """Give the text or file a part belongs to: `notes.pdf` for `notes.pdf#page3`."""
    return part.partition("#")[0]
