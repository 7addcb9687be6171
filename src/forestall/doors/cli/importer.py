"""The process that imports a large list for a server (`flow.importing`): a job on standard input, reports on standard output."""

import sys

from forestall.assembly import build
from forestall.flow.importing import Report, job_from, line_of, work


def main() -> None:
    """Do one job. Where nobody reads the reports any more, it ends at the next one."""
    job = job_from(sys.stdin.buffer.read())

    def tell(report: Report) -> None:
        sys.stdout.buffer.write(line_of(report))
        sys.stdout.buffer.flush()

    with build(job.settings) as house:
        work(job, house.banker, house.files, house.hunter, tell)


if __name__ == "__main__":
    main()
