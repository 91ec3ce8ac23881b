#!/usr/bin/env bash
# Puts what a folder of tests needs from npm into a build folder: npm.sh tests/acceptance/page BUILD/page.
# With a lock file exactly what it names; without one (a package that brings a binary for each platform can't
# be locked where only some are served) the exact versions of package.json. Asks the registry only when
# these have changed since the last time, so that it works offline afterwards.
set -euo pipefail
here=$(readlink -f "${1:?usage: npm.sh FOLDER INTO}")
into=${2:?usage: npm.sh FOLDER INTO}
pins=package.json
how=(install --no-package-lock)
if [ -f "$here/package-lock.json" ]; then
  pins=package-lock.json
  how=(ci)
fi
mkdir -p "$into"
if [ -d "$into/node_modules" ] && cmp -s "$here/$pins" "$into/$pins"; then exit 0; fi
cp "$here"/package*.json "$here/.npmrc" "$into/"
cd "$into"
npm "${how[@]}" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || {
  rm -f "$into/$pins"
  printf '%s\n' "npm.sh: npm failed for $here; it needs the npm registry once" >&2
  exit 1
}
