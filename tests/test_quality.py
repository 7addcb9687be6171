"""The detection does not become worse: what is committed is measured on RecruitCheck's held half, part by part."""

from pathlib import Path

from click.testing import CliRunner

from forestall.doors.cli import exits
from forestall.doors.cli.main import forestall

SUITE = Path(__file__).parents[1] / "suites" / "recruitcheck"


def test_no_part_is_worse_than_the_baseline(tmp_path: Path) -> None:
    """Recall and false alarms of every family, language and creed are within chance of what was saved, or better."""
    arguments = ["evaluate", str(SUITE), "--part", "held", "--baseline", str(SUITE / "baseline.json")]
    result = CliRunner().invoke(forestall, [*arguments, "--store", str(tmp_path / "none")], standalone_mode=False)
    assert result.exception is None
    assert result.return_value == exits.OK, [line for line in result.stdout.splitlines() if line.startswith("worse")]
