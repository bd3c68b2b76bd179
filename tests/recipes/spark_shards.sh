#!/bin/sh
# Shards that Spark or Ray wrote (part-00000.json.gz, part-00001.json.gz, _SUCCESS …) are one job: name the folder.
set -eu
batchtui check "$1"
batchtui submit "$1" --name shards --yes --wait="$2"
