#!/bin/sh
# For cron, after nightly.sh: have a model judge a sample of last night's answers, and list the scores with their reasons.
#   45 6 * * *  nightly_judge.sh "nightly-$(date +\%F)" rubric.md "/data/scores-$(date +\%F).csv"
set -eu
batchtui judge "$1" --rubric "$2" --sample 200 --max-cost 5 --name "judge-$1" --yes || [ $? -eq 3 ]  # 3: sent before
batchtui judge "judge-$1" --wait
batchtui results "$1" "$3" --fields custom_id,score,score.reason,text --overwrite --allow-failures
