#!/usr/bin/env bash
# The sources stand in the house's format. Skipped, and said so, where the tool of that version is missing.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
if ! command -v clang-format-19 >/dev/null; then
  echo "skipped: clang-format-19 is not installed"
  exit 77
fi
exec ./dev format --check
