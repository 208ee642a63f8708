#!/usr/bin/env bash
# The step of a workflow that checks $TARGET with the assay that is named, $ARGUMENTS holding a word a line; its outputs
# are exit-code and verdict. Annotations and the summary are Assay's own.
set -euo pipefail
assay=$1

words=()
while IFS= read -r word; do
  word=${word%$'\r'}
  if [ -n "$word" ]; then words+=("$word"); fi
done <<< "${ARGUMENTS:-}"

if [ -e "$FOLDER/badge.json" ]; then earlier=yes; else earlier=; fi  # of a run that is none of this step's
code=0
"$assay" check --out "$FOLDER" ${words[@]+"${words[@]}"} -- "$TARGET" || code=$?  # a target is never an option

verdict=
if [ -z "$earlier" ] && [ -f "$FOLDER/badge.json" ]; then
  verdict=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["message"])' "$FOLDER/badge.json")
fi
printf '%s\n' "exit-code=$code" "verdict=$verdict" >> "$GITHUB_OUTPUT"
exit "$code"
