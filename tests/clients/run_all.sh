#!/bin/bash
# Runs every real client against a running server: run_all.sh SERVICES_URL [scenario.json]. CLIENTS="…" narrows the list.
set -u
cd "$(dirname "$0")"
base=${1:?services URL, e.g. http://127.0.0.1:6080/arcgis/rest/services}
scenario=${2:-scenarios/local.json}
GP_TOOLS=${GP_TOOLS:-$PWD/../../.tools}
export GP_TOOLS
node=(node --import ./packages.mjs)
declare -A command=(
  [arcgis_python]="$GP_TOOLS/clients/venv/bin/python -B run_arcgis_python.py"
  [arcgis_core]="${node[*]} run_arcgis_core.mjs"
  [arcgis_core_node]="${node[*]} run_arcgis_core_node.mjs"
  [esri_leaflet]="${node[*]} run_esri_leaflet.mjs"
  [rest_request]="${node[*]} run_rest_request.mjs"
)
logs=$(mktemp -d)
failed=0
for client in ${CLIENTS:-arcgis_python arcgis_core arcgis_core_node esri_leaflet rest_request}; do
  if ! ${command[$client]} "$base" "$scenario" </dev/null >"$logs/$client.out" 2>"$logs/$client.err"; then
    failed=1
    grep '^FAIL' "$logs/$client.out" || tail -20 "$logs/$client.err"
  fi
  echo "$client: $(tail -1 "$logs/$client.out")"
done
rm -rf "$logs"
exit $failed
