#!/usr/bin/env bash
# Installs from npm into the given folder what the tests compare with: the reference implementation of JSONata, and the
# official schemas of AsyncAPI and SARIF.
set -uo pipefail
folder=$1

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "node and npm are not installed; the tests that compare with packages of npm will skip"
  exit 0
fi
for package in jsonata@2.2.2 @asyncapi/specs@6.11.1 @microsoft/jest-sarif@1.0.0-beta.0; do
  if [ ! -d "$folder/node_modules/${package%@*}" ]; then
    mkdir -p "$folder"
    npm install --silent --no-audit --no-fund --prefix "$folder" "$package" >/dev/null 2>&1 ||
      echo "npm could not install $package; the tests that compare with it will skip"
  fi
done
exit 0
