"""`forestall explain`: the whole derivation of a decision, as a tree in words."""

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from forestall.doors.cli.evidence import passages, shortened
from forestall.doors.cli.house import existing, store_option
from forestall.doors.cli.safe import isolated, safe
from forestall.doors.cli.summary import plain_evidence
from forestall.doors.cli.table import STYLES, console_for_output, marked
from forestall.flow.explain import Explanation, explain
from forestall.model.decision import MACHINE, Decision, Fact
from forestall.model.finding import Finding
from forestall.policy.derive import Step

_MOST_SHOWN = 50
"""Findings, segments or files listed; how many more there are is said."""
_CONTEXT = 400

_EPILOG = """\b
Examples:
  forestall explain 0198c1f0-5b7e-7c11-9d2a-3f6f1c2b7a10      a decision or a case
  forestall explain 4711                                       a piece of content, by the platform's own id"""


@click.command("explain", epilog=_EPILOG)
@click.argument("asked", metavar="ID")
@store_option
def command(asked: str, folder: str) -> None:
    """Show everything about a decision, a case or a piece of content.

    The texts with what was noticed in them, what was excused and why, which rules spoke, how harsh each finding may be, under
    which versions, where it stands in the ledger, and who decided.
    """
    with existing(folder) as house:
        show(console_for_output(), explain(house.store, asked))


def show(console: Console, explanation: Explanation) -> None:
    """Print an explanation."""
    plain = not console.is_terminal
    root = Tree(_title(explanation))
    _content(root, explanation, plain)
    for decision in explanation.decisions:
        _decision(root, decision, explanation, plain)
    _case(root, explanation)
    _ledger(root, explanation)
    console.print(root)


def _title(explanation: Explanation) -> Text:
    """Give the first line: what it is about and what it came to."""
    decision = explanation.decisions[-1] if explanation.decisions else None
    content_id = explanation.content.id if explanation.content else decision.content if decision else ""
    title = Text(f"Content {isolated(content_id)}", style="bold")
    if decision is not None:
        title.append(": ").append(decision.outcome.value, style=STYLES[decision.outcome])
    return title


def _content(root: Tree, explanation: Explanation, plain: bool) -> None:
    """Add what was posted: where and when, its texts with marks, its files."""
    content = explanation.content
    if content is None:
        root.add("Its content is not in the store.")
        return
    where = f"{content.kind}, {content.audience.value}, language {safe(content.language)}, received {content.received}"
    branch = root.add(f"What was posted: {where}")
    for name, value in (("author", content.author), ("thread", content.thread), ("url", content.url)):
        if value:
            branch.add(Text(f"{name} {isolated(value)}"))
    branch.add(f"revision {content.revision}")
    if content.purged:
        branch.add(f"Texts and media were purged on {content.purged}, as retention says.")
    if explanation.decisions:
        for passage in passages(explanation.decisions[0], content.segments):
            branch.add(marked(shortened(passage, _CONTEXT), plain))
    for fact in content.facts[:_MOST_SHOWN]:
        branch.add(
            Text(f"file {isolated(fact.part)}: {safe(fact.media_type)}, {fact.size:,} bytes, sha256 {fact.sha256}")
        )
    _more(branch, len(content.facts), "files")


def _decision(root: Tree, decision: Decision, explanation: Explanation, plain: bool) -> None:
    """Add one decision: who, what was noticed, what was excused, which rules spoke, versions."""
    who = "by the machine" if decision.by == MACHINE else f"by {safe(decision.by)}"
    head = Text("Decision ").append(decision.outcome.value, style=STYLES[decision.outcome])
    branch = root.add(head.append(f" {who} at {decision.at}, priority {decision.priority:.3f} ({decision.id})"))
    if decision.note:
        branch.add(Text(f"Note: {isolated(decision.note)}"))
    reasons = branch.add("Why" if decision.reasons else "Why: no rule asks for a person")
    for reason in decision.reasons:
        leaf = reasons.add(Text(f"{safe(reason.rule)}: {isolated(reason.text)}"))
        if reason.findings:
            leaf.add(f"rests on findings {_numbers(reason.findings)}")
    derived = explanation.derived.get(decision.id, ())
    if derived:
        how = branch.add("How each rule came to that")
        for rule in derived[:_MOST_SHOWN]:
            told = f", asks for {rule.asked}" if rule.asked else ""
            one = how.add(Text(f"{_TRUTHS[rule.truth]} {safe(rule.rule)}: {safe(rule.title)}{told}"))
            for step in rule.steps:
                _step(one, step)
    if decision.unknowns:
        branch.add(f"Rules that could not be answered: {safe(', '.join(decision.unknowns))}")
    _findings(branch, decision, explanation, plain)
    for excuse in decision.excuses:
        text = f"Excuse {safe(excuse.name)}: {isolated(excuse.text)} (sets aside findings {_numbers(excuse.findings)})"
        branch.add(Text(text))
    facts = branch.add("Facts the rules could ask for")
    facts.add(Text(", ".join(f"{name} {isolated(_plain(value))}" for name, value in sorted(decision.facts.items()))))
    versions = branch.add("Versions")
    for name, version in sorted(decision.versions.items()):
        versions.add(Text(f"{safe(name)} {safe(version)}"))


_TRUTHS = {True: "✓", False: "✗", None: "?"}
"""How a truth is shown; a question mark is unknown."""


def _step(branch: Tree, step: Step) -> None:
    """Add one step of a derivation and those within it."""
    seen = f"  ({isolated(step.seen)})" if step.seen else ""
    leaf = branch.add(Text(f"{_TRUTHS[step.truth]} {safe(step.said)}{seen}"))
    for inner in step.steps:
        _step(leaf, inner)


def _findings(branch: Tree, decision: Decision, explanation: Explanation, plain: bool) -> None:
    """Add the findings, numbered as reasons and excuses name them."""
    excused = {index for excuse in decision.excuses for index in excuse.findings}
    found = branch.add(f"Findings: {len(decision.findings)}")
    for index, finding in enumerate(decision.findings[:_MOST_SHOWN]):
        aside = ", set aside" if index in excused else ""
        head = f"{index + 1}. {finding.label} {finding.score:.2f} in {isolated(finding.part)}"
        ceiling = (
            f"by {finding.detector} {safe(finding.version)}; alone it may cause at most {finding.ceiling.value}{aside}"
        )
        leaf = found.add(Text(f"{head} — {ceiling}"))
        words = _words(finding, explanation)
        if words:
            leaf.add(Text(f"words: {words}", style="" if plain else "bold"))
        evidence = plain_evidence(finding.evidence)
        if evidence:
            leaf.add(Text(f"evidence: {isolated(evidence)}"))
    _more(found, len(decision.findings), "findings")


def _words(finding: Finding, explanation: Explanation) -> str:
    """Give the words a finding points at, where the text is still kept."""
    if explanation.content is None:
        return ""
    for segment in explanation.content.segments:
        if segment.part == finding.part:
            quoted = [segment.text[start:end][:_CONTEXT] for start, end in finding.spans[:8]]
            return " · ".join(isolated(words) for words in quoted if words)
    return ""


def _case(root: Tree, explanation: Explanation) -> None:
    """Add the case."""
    case = explanation.case
    if case is None:
        return
    branch = root.add(f"Case {case.state.value}, opened {case.opened} ({case.id})")
    branch.add(Text(f"asked because of {safe(', '.join(case.rules)) or 'no rule'}"))
    if case.concluded:
        branch.add(f"concluded {case.concluded} by decision {case.conclusion}")


def _ledger(root: Tree, explanation: Explanation) -> None:
    """Add the ledger lines."""
    branch = root.add(f"Ledger lines: {len(explanation.ledger)}")
    for row in explanation.ledger[:_MOST_SHOWN]:
        branch.add(Text(f"line {row.seq}: {row.tag} {isolated(row.subject)}, leaf {row.leaf.hex()}"))
    _more(branch, len(explanation.ledger), "lines")


def _plain(fact: Fact) -> str:
    """Give a fact as a reader says it."""
    return {True: "yes", False: "no", None: "unknown"}.get(fact, "") if isinstance(fact, bool | None) else str(fact)


def _more(branch: Tree, count: int, noun: str) -> None:
    """Say how many more there are than are listed."""
    if count > _MOST_SHOWN:
        branch.add(f"… and {count - _MOST_SHOWN:,} more {noun}")


def _numbers(indices: tuple[int, ...]) -> str:
    """Give finding indices as the numbers shown, which start at 1."""
    return ", ".join(str(index + 1) for index in indices[:_MOST_SHOWN]) + (" …" if len(indices) > _MOST_SHOWN else "")
