#!/usr/bin/env bash
# Makes the virtual environment with the engine and everything its tests need. Takes the folder of the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-.venv}
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "crossdock needs Python 3.11 or newer, '$python' is $("$python" --version 2>&1); set PYTHON=python3.11 or the like" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv
  else
    echo "'$python' has no venv module; install the package python3-venv" >&2
    exit 1
  fi
fi
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip
# setuptools warns of every editable install whose packages lie in the working directory
PYTHONWARNINGS=ignore "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
