"""Send a file, then send again what failed, until nothing is left that is worth another try."""

import sys

import batchtui

ATTEMPTS = 3


def main(file: str, output: str) -> None:
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(file, if_submitted="reuse")
        workspace.wait(job)
        for _ in range(ATTEMPTS - 1):
            try:
                workspace.retry(job)
            except batchtui.NothingToRetry as done:
                print(done)
                break
            workspace.wait(job)
        # Over all attempts, each request once: its latest success, else its latest failure.
        report = workspace.export(job, output, order="input", overwrite=True)
        print(f"{report.succeeded} of {report.total} succeeded")


if __name__ == "__main__":
    main(*sys.argv[1:])
