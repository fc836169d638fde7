"""Workers of our own, on a database that is there."""

import os
import subprocess
import sys
import time

import psycopg

from persistentai_lab.engine.legs import migrate

from .ours import new_home

WORKER = ("-m", "persistentai_lab.cli", "worker")


class Launched:
    """A worker's process."""

    def __init__(self, url: str, command: tuple[str, ...]) -> None:
        home = new_home()
        environment = os.environ | {
            "PERSISTENTAI_HOME": str(home.path), "PERSISTENTAI_DATABASE_URL": url,
        }  # fmt: skip
        with (home.path / "worker.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command], env=environment, stdout=log, stderr=log
            )
        self.pid = self._process.pid

    def stop(self) -> None:
        """Tell it to end, and wait until it has. Twice is once."""
        self._process.terminate()
        self._process.wait()


def launch_worker(url: str, command: tuple[str, ...] = WORKER) -> Launched:
    """Start a worker and wait until it serves."""
    migrate(url)
    launched = Launched(url, command)
    with psycopg.connect(url, autocommit=True) as connection:
        beats = "SELECT FROM pai.worker WHERE pid = %s AND beat > 2"
        while not connection.execute(beats, (launched.pid,)).rowcount:
            time.sleep(0.1)
    return launched
