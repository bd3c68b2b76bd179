"""The same questions for two models, their answers side by side, and what each cost."""

import sys

import batchtui

MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5")


def main(file: str) -> None:
    with batchtui.open_workspace() as workspace:
        jobs = {model: workspace.submit(file, name=model, model=model, if_submitted="reuse") for model in MODELS}
        for job in jobs.values():
            workspace.wait(job)
        both = zip(*(workspace.results(job) for job in jobs.values()), strict=True)
        for one, other in both:
            print(f"{one.custom_id}: {one.text[:40]!r} | {other.text[:40]!r}")
        for model, job in jobs.items():
            print(f"{model}: {workspace.cost(job)} USD")


if __name__ == "__main__":
    main(*sys.argv[1:])
