#!/usr/bin/env python3
"""Says whether an audit bundle is as it was exported. Needs Python, and nothing else.

    python verify_bundle.py BUNDLE.zip [--anchor N:HASH]

Each file is checked against the manifest, values and code against the hash in their name, what is
recorded of a run against its seal, each seal against the one before. Who forges one has to forge
all after it: an anchor (number and hash of a seal, noted elsewhere) finds that out.
"""

import hashlib
import json
import sys
import zipfile
from typing import Any


class Broken(Exception):
    """The first thing that is not as it was."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def link(before: bytes, facts: "list[str | None]", digest: bytes) -> bytes:
    """Each link: the hash of the one before, of a value, and of what it says, joined by NULs."""
    return sha256(before + digest + "\0".join(fact or "" for fact in facts).encode())


def check_files(bundle: zipfile.ZipFile) -> "tuple[str, list[str]]":
    raw = bundle.read("manifest.json")
    if sha256(raw).hex() != bundle.read("manifest.sha256").decode().strip():
        raise Broken("manifest.json: it is not the one that was exported")
    manifest: dict[str, Any] = json.loads(raw)
    there = sorted(name for name in bundle.namelist() if not name.startswith("manifest."))
    if there != sorted(manifest["files"]):
        odd = sorted(set(there) ^ set(manifest["files"])) or ["a name that stands there twice"]
        raise Broken(f"{odd[0]}: it was added or removed")
    for name, listed in sorted(manifest["files"].items()):
        found = sha256(bundle.read(name)).hex()
        if found != listed:
            raise Broken(f"{name}: its content is not the one that was exported")
        if name.startswith(("values/", "code/")) and name.split("/")[1].split(".")[0] != found:
            raise Broken(f"{name}: it is not what its name says")
    return manifest["workspace"], manifest["runs"]


def root_of(bundle: zipfile.ZipFile, workspace: str, run: str) -> "dict[str, Any]":
    """The hash of all that is recorded of a run, and how many items that are."""
    before, count = sha256("\0".join(["persistentai.run/1", workspace, run]).encode()), 0
    with bundle.open(f"runs/{run}.jsonl") as lines:
        for line in lines:
            item, count = json.loads(line), count + 1
            digest = bytes.fromhex(item["sha256"])
            if not item["gone"] and sha256((item["text"] or "").encode()) != digest:
                raise Broken(f"runs/{run}.jsonl line {count}: the value is not the recorded one")
            before = link(before, item["facts"], digest)
    return {"root": before.hex(), "items": count}


def check_seals(lines: bytes, workspace: str, anchor: Any) -> "tuple[dict[str, Any], str]":
    sealed: dict[str, Any] = {}
    before, last = sha256("\0".join(["persistentai.seals/1", workspace]).encode()), 0
    for seal in map(json.loads, lines.splitlines()):
        if not sealed and seal["n"] > 1:
            before = bytes.fromhex(seal["before"])
        elif seal["n"] != last + 1:
            raise Broken(f"seals.jsonl: seal {last + 1} is missing")
        facts = ["seal", str(seal["n"]), seal["run"], str(seal["items"]), str(seal["at"])]
        before, last = link(before, facts, bytes.fromhex(seal["root"])), seal["n"]
        if before.hex() != seal["hash"]:
            raise Broken(f"seals.jsonl: seal {last} does not follow from the one before")
        sealed[seal["run"]] = seal
    if anchor and anchor not in [f"{seal['n']}:{seal['hash']}" for seal in sealed.values()]:
        raise Broken("seals.jsonl: no seal is the one that the anchor names")
    return sealed, f"{last}:{before.hex()}" if sealed else "none"


def verify(path: Any, anchor: "str | None" = None) -> "tuple[list[str], str]":
    """Returns the runs that it has and the newest seal. Raises `Broken`."""
    with zipfile.ZipFile(path) as bundle:
        space, runs = check_files(bundle)
        sealed, newest = check_seals(bundle.read("seals.jsonl"), space, anchor)
        for run in runs:
            if not root_of(bundle, space, run).items() <= sealed.get(run, {}).items():
                raise Broken(f"runs/{run}.jsonl: it is not what was sealed when the run ended")
        return runs, newest


if __name__ == "__main__":
    file, *more = sys.argv[1:] or [""]
    if not file or (more and (len(more) != 2 or more[0] != "--anchor")):
        sys.exit(__doc__)
    try:
        found, seal_of_all = verify(file, more[1] if more else None)
    except Exception as error:
        why = "" if isinstance(error, Broken) else "it can't be read as a bundle: "
        sys.exit(f"NOT INTACT: {why}{error}")
    print(f"intact: {len(found)} runs; newest seal {seal_of_all}")
