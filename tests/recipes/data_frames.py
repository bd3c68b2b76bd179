"""Results in pandas, polars and DuckDB: one Parquet file with the answers, their tokens and the questions."""

import sys

import duckdb
import pandas as pd
import polars as pl

import batchtui


def main(file: str, output: str) -> None:
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(file, if_submitted="reuse")
        workspace.wait(job)
        workspace.export(job, output, format="parquet", with_requests=True, overwrite=True)
    in_pandas = pd.read_parquet(output)
    in_polars = pl.read_parquet(output)
    counted = duckdb.execute(
        f"SELECT outcome, count(*), sum(output_tokens) FROM '{output}' GROUP BY outcome"
    ).fetchall()
    print(len(in_pandas), in_polars.height, counted)


if __name__ == "__main__":
    main(*sys.argv[1:])
