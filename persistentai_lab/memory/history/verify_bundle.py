#!/usr/bin/env python3
"""Says whether an audit bundle is as it was exported. Needs Python, and nothing else.

    python verify_bundle.py BUNDLE.zip [--anchor N:HASH]

What is checked: every file against the manifest, and the manifest against its hash; every value,
and every piece of code, against the hash that it is called by; all that is recorded of each run,
item by item, against its seal; and each seal against the one before. Who also forges the seals
has to forge all after them: an anchor (number and hash of a seal, noted elsewhere) finds that out.
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


def check_files(bundle: zipfile.ZipFile) -> "dict[str, Any]":
    raw = bundle.read("manifest.json")
    if sha256(raw).hex() != bundle.read("manifest.sha256").decode().strip():
        raise Broken("manifest.json: it is not the one that was exported")
    manifest: dict[str, Any] = json.loads(raw)
    listed = manifest["files"]
    there = [name for name in bundle.namelist() if not name.startswith("manifest.")]
    if len(set(there)) != len(there) or set(there) != set(listed):
        odd = sorted(set(there) ^ set(listed)) or ["a name that stands there twice"]
        raise Broken(f"{odd[0]}: it was added or removed")
    for name in sorted(listed):
        found = sha256(bundle.read(name)).hex()
        if found != listed[name]:
            raise Broken(f"{name}: its content is not the one that was exported")
        folder, _, file = name.partition("/")
        if folder in ("values", "code") and file.partition(".")[0] != found:
            raise Broken(f"{name}: it is not what its name says")
    return manifest


def root_of(bundle: zipfile.ZipFile, workspace: str, run: str) -> "tuple[bytes, int]":
    """The hash of all that is recorded of a run, and how many items that are."""
    before, count = sha256("\0".join(["persistentai.run/1", workspace, run]).encode()), 0
    with bundle.open(f"runs/{run}.jsonl") as lines:
        for line in lines:
            item, count = json.loads(line), count + 1
            text, digest = item["text"], bytes.fromhex(item["sha256"])
            if not item["gone"] and sha256((text or "").encode()) != digest:
                raise Broken(f"runs/{run}.jsonl line {count}: the value is not the recorded one")
            before = link(before, item["facts"], digest)
    return before, count


def check_seals(
    bundle: zipfile.ZipFile, manifest: "dict[str, Any]", anchor: "str | None"
) -> "tuple[dict[str, Any], str]":
    seals = [json.loads(line) for line in bundle.read("seals.jsonl").splitlines()]
    begin = sha256("\0".join(["persistentai.seals/1", manifest["workspace"]]).encode())
    sealed: dict[str, Any] = {}
    before, last = begin, 0
    for seal in seals:
        if not sealed:
            before = begin if seal["n"] == 1 else bytes.fromhex(seal["before"])
        elif seal["n"] != last + 1:
            raise Broken(f"seals.jsonl: seal {last + 1} is missing")
        facts = ["seal", str(seal["n"]), seal["run"], str(seal["items"]), str(seal["at"])]
        before, last = link(before, facts, bytes.fromhex(seal["root"])), seal["n"]
        if before.hex() != seal["hash"]:
            raise Broken(f"seals.jsonl: seal {last} does not follow from the one before")
        if anchor and anchor.partition(":")[0] == str(last):
            if anchor != f"{last}:{before.hex()}":
                raise Broken(f"seals.jsonl: seal {last} is not the one that the anchor names")
            anchor = None
        sealed[seal["run"]] = seal
    if anchor:
        raise Broken("the bundle has no seal of the number that the anchor names")
    return sealed, f"{last}:{before.hex()}" if seals else "none"


def verify(path: Any, anchor: "str | None" = None) -> "tuple[list[str], str]":
    """Returns the runs that it has and the newest seal. Raises `Broken`."""
    with zipfile.ZipFile(path) as bundle:
        manifest = check_files(bundle)
        sealed, newest = check_seals(bundle, manifest, anchor)
        for run in manifest["runs"]:
            root, count = root_of(bundle, manifest["workspace"], run)
            seal = sealed.get(run)
            if seal is None or (seal["root"], seal["items"]) != (root.hex(), count):
                raise Broken(f"runs/{run}.jsonl: it is not what was sealed when the run ended")
        return manifest["runs"], newest


if __name__ == "__main__":
    words = sys.argv[1:]
    wanted = words.pop(words.index("--anchor") + 1) if "--anchor" in words[:-1] else None
    files = [word for word in words if word != "--anchor"]
    if len(files) != 1:
        sys.exit(__doc__)
    try:
        found, seal_of_all = verify(files[0], wanted)
    except Broken as broken:
        sys.exit(f"NOT INTACT: {broken}")
    except Exception as error:
        sys.exit(f"NOT INTACT: it can't be read as a bundle: {error}")
    print(f"intact: {len(found)} runs; newest seal {seal_of_all}")
