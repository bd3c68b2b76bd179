#!/bin/sh
# For cron: send tonight's file, or go on where an earlier run was killed; fetch, tell, and leave when all is done.
#   15 22 * * *  nightly.sh "/data/$(date +\%F).jsonl" "/data/answers-$(date +\%F).jsonl"
set -eu
name="nightly-$(basename "$1" .jsonl)"
batchtui submit "$1" --name "$name" --tag nightly --max-cost 20 --yes || [ $? -eq 3 ]  # 3: it was sent before
batchtui resume --yes
batchtui watch --until-idle
batchtui results "$name" "$2" --order input --overwrite --allow-failures
