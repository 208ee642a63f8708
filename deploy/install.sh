#!/usr/bin/env bash
# Installs Assay into an environment of its own, FOLDER, with the versions that it is tested with.
set -euo pipefail
folder=$1
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
sed -n 's/^\([^ #]*==.*[^ \\]\) *\\$/\1/p' "$source/constraints.txt" > "$pins"
python -m venv --without-pip "$folder"
python -m pip --python "$folder/bin/python" install --quiet --disable-pip-version-check --constraint "$pins" "$source"
