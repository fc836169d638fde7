"""A person's flow, as type checkers see it. What stands behind `# is:` is what they must say."""

from typing import reveal_type

import persistentai_lab as pai
from persistentai_lab.blocks import csv, text


@pai.block
def heaviest(rows: list[dict[str, float]], n: int = 3) -> list[dict[str, float]]:
    return sorted(rows, key=lambda row: row["mass"], reverse=True)[:n]


@pai.block(effect="pure", retry=3)
def count(rows: list[dict[str, float]]) -> int:
    return len(rows)


@pai.flow
def report(path: str, n: int = 3) -> str:
    rows = csv.read(path)
    reveal_type(count(heaviest([{"mass": 1.0}], n)))  # is: int
    return text.table(rows)


@pai.flow(name="how many")
def many(path: str) -> int:
    return count([])


reveal_type(heaviest([{"mass": 1.0}]))  # is: list[dict[str, float]]
heaviest("penguins")  # error: arg-type
count.with_(id="size", retry=2)([])
reveal_type(count.signature.block)  # is: str

run = report.run(path="penguins.csv")
reveal_type(run)  # is: Run[str]
reveal_type(report.run("penguins.csv", 2).result())  # is: str
reveal_type(many.run("penguins.csv").result(timeout=3.0, progress=False))  # is: int
reveal_type(report.run(path="penguins.csv", key="once").result())  # is: str
report.run(pfad="penguins.csv")  # error: call-overload
report.run(path=3)  # error: call-overload


async def later() -> None:
    reveal_type(await run)  # is: str


reveal_type(run.wait(timeout=3))  # is: Run[str]
reveal_type(run.fork("table", style="markdown").result())  # is: str
reveal_type(run.status)  # is: str
reveal_type(run.steps)  # is: Steps
reveal_type(run.steps["table"])  # is: Step
reveal_type(run.steps[0].took)  # is: str
reveal_type(run["table"].output)  # is: Any
reveal_type([event.type for event in run.events()])  # is: list[str]
reveal_type(run.logs[0].message)  # is: str
reveal_type(run.questions[0].text)  # is: str

reveal_type(pai.Run("r-1"))  # is: Run[Any]
reveal_type(pai.runs(status="failed")[0])  # is: Run[Any]
reveal_type(pai.Flow.load("report.flow.json").run(anything=1).result())  # is: Any
reveal_type([row for row in pai.progress([1, 2])])  # is: list[int]

wrong = pai.flwo  # error: attr-defined

try:
    run.result()
except pai.RunFailed as error:
    reveal_type((error.node, error.remedy))  # is: tuple[str | None, str]
