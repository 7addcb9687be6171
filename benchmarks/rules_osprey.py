"""Osprey beside us: the same patterns as rules of its language, run by its own engine in a process of its own.

All code here is ours; the checkout is only imported. Its engine is set up as its own tests do: sources, user-defined functions of its
standard library, validation, then one execution per event without services.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_RUN = """
import json, sys, time
from datetime import datetime
given = json.load(open(sys.argv[1]))
from osprey.engine.ast.sources import Sources
from osprey.engine.ast_validator import validate_sources
from osprey.engine.executor.execution_context import Action
from osprey.engine.executor.execution_graph import compile_execution_graph
from osprey.engine.executor.executor import execute
from osprey.engine.executor.udf_execution_helpers import UDFHelpers
from osprey.worker._stdlibplugin.udf_register import register_udfs
from osprey.engine.udf.registry import UDFRegistry
from osprey.engine.ast_validator.validator_registry import ValidatorRegistry
from osprey.engine.ast_validator.validation_context import ValidationContext
import gevent.pool
registry = UDFRegistry.with_udfs(*register_udfs())
validators = ValidatorRegistry.get_instance()
sources = Sources.from_dict({"main.sml": given["source"]})
graph = compile_execution_graph(validate_sources(sources, registry, validators))
pool = gevent.pool.Pool(12)
def one(number, text):
    action = Action(action_id=number, action_name="post", data={"text": text}, timestamp=datetime(2026, 1, 1))
    return execute(graph, UDFHelpers(), action, pool)
for number, text in enumerate(given["texts"][:50]):
    one(number, text)
started = time.process_time()
for number, text in enumerate(given["texts"]):
    one(number, text)
print(json.dumps({"events_per_s": len(given["texts"]) / (time.process_time() - started)}))
"""


def source(patterns: Sequence[tuple[str, str]]) -> str:
    """Write patterns as rules of Osprey's language."""
    lines = ["Text: str = JsonData(path='$.text')", "Lower = StringToLower(s=Text)"]
    names = []
    for number, (kind, pattern) in enumerate(patterns):
        expression = pattern if kind == "rx" else rf"\b{pattern}\b"
        lines.append(
            f"Rule{number} = Rule(when_all=[RegexMatch(target=Lower, pattern={expression!r})], description='made up')"
        )
        names.append(f"Rule{number}")
    return "\n".join([*lines, f"WhenRules(rules_any=[{', '.join(names)}], then=[DeclareVerdict(verdict='review')])"])


def osprey(checkout: Path, patterns: Sequence[tuple[str, str]], texts: Sequence[str]) -> dict[str, float]:
    """Give events per processor second of Osprey's engine; raises CalledProcessError where it cannot be run."""
    python = os.environ.get("OSPREY_PYTHON", sys.executable)
    folders = [str(checkout / name / "src") for name in ("osprey_worker", "osprey_rpc")]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as given:
        json.dump({"source": source(patterns), "texts": list(texts)}, given)
        given.flush()
        told = subprocess.run(
            [python, "-c", _RUN, given.name],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
    found: dict[str, float] = json.loads(told.stdout.strip().splitlines()[-1])
    return found
