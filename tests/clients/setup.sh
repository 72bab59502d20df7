#!/bin/bash
# Installs the real clients into $GP_TOOLS/clients (venv, node_modules) and Debian's chromium. Idempotent; minutes the first time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=${GP_TOOLS:-$here/../../.tools}/clients
mkdir -p "$tools"
cd "$tools"

# The browser of the two browser clients.
if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "chromium is missing and neither root nor sudo is at hand: apt-get install chromium fonts-liberation" >&2; exit 1; }
    as_root=(sudo -n)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends chromium fonts-liberation </dev/null
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
