#!/usr/bin/env bash
# Installs the reference implementation of JSONata from npm into the given folder, for the differential tests.
set -uo pipefail
folder=$1
version=2.2.2

if [ -d "$folder/node_modules/jsonata" ]; then
  exit 0
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "node and npm are not installed; the differential tests of JSONata will skip"
  exit 0
fi
mkdir -p "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" "jsonata@$version" >/dev/null 2>&1 ||
  echo "npm could not install jsonata@$version; the differential tests of JSONata will skip"
exit 0
