#!/bin/sh
# An agent with a lookup tool, all its conversations at batch prices: one batch a turn, until every one has its answer.
#   agent_with_a_tool.sh questions.jsonl "python3 lookup.py" answers.csv
# The requests define the tool "lookup"; the command gets the call's input as JSON on stdin and prints the result.
set -eu
name="agent-$(basename "$1" .jsonl)"
batchtui submit "$1" --name "$name" --max-cost 5 --yes --wait || [ $? -eq 4 ]  # 4: some answers need another turn
batchtui continue "$name" --tool lookup="$2" --max-turns 8 --max-cost 20 --yes --wait
batchtui results "$name" "$3" --order input
