#!/bin/sh
# Install pygit2 aside, for bench/files.py only: it is GPL with a linking exception, and no part of
# what we ship or depend on.
set -eu
cd "$(dirname "$0")/.."
PEER=$PWD/.cache/peers/pygit2
PYTHON=${PYTHON:-.venv/bin/python}
[ -x "$PEER/bin/python" ] || "$PYTHON" -m venv "$PEER"
"$PEER/bin/python" -m pip install -q --disable-pip-version-check pygit2==1.21.0
echo "Installed in $PEER"
