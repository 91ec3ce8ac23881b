#!/bin/sh
# Runs Debian's node, whatever its name, or says what is missing.
for name in node nodejs; do
  command -v "$name" >/dev/null && exec "$name" "$@"
done
echo 'node is missing; run once: apt-get install nodejs npm chromium' >&2
exit 1
