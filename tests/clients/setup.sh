#!/bin/bash
# Installs the real clients into $GP_TOOLS/clients (venv, node_modules); `cargo xtask test` sees to python, node and chromium.
# Idempotent; minutes the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=${GP_TOOLS:-$here/../../.tools}/clients
mkdir -p "$tools"
cd "$tools"

if ! node -e 'process.exit(Number(parseInt(process.versions.node) < 20))'; then
  echo "the clients need node 20 or later, with npm" >&2
  exit 1
fi
if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
  echo "chromium is missing: apt-get install chromium, or set CHROMIUM" >&2
  exit 1
fi

# A copy of the pins is kept beside what was installed from them: no difference, nothing to do.
if ! cmp -s "$here/requirements.txt" requirements.installed; then
  [ -x venv/bin/python ] || python3 -m venv venv
  venv/bin/pip install -q --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" requirements.installed
fi
if ! cmp -s "$here/package.json" package.installed; then
  cp "$here/package.json" package.json
  npm install --no-audit --no-fund --ignore-scripts --loglevel error
  node node_modules/esbuild/install.js
  cp package.json package.installed
fi
echo "clients: $(venv/bin/python --version), node $(node --version), $("${CHROMIUM:-chromium}" --version 2>/dev/null | cut -d' ' -f1,2)"
