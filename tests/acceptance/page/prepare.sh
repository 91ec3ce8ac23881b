#!/usr/bin/env bash
# Puts what the page's tests need into a build folder: prepare.sh BUILD/page. Asks the registry only when
# the lock file has changed since the last time, so that it works offline afterwards.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
into=${1:?usage: prepare.sh FOLDER}
mkdir -p "$into"
if [ -d "$into/node_modules/playwright-core" ] && cmp -s "$here/package-lock.json" "$into/package-lock.json"; then
  exit 0
fi
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$into/"
cd "$into"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || {
  rm -f "$into/package-lock.json"
  printf '%s\n' "prepare.sh: 'npm ci' failed; the page's tests need the npm registry once" >&2
  exit 1
}
