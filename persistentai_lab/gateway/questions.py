"""What runs ask people, over HTTP: look, answer."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..engine.commands.answering import Reply
from ..ids import Json, RunId
from ..storage.runs import OpenQuestion
from .services import Caller, Parts

router = APIRouter(tags=["people"])


class QuestionList(BaseModel):
    """What waits for somebody, what expires first foremost."""

    questions: list[OpenQuestion]


class Answer(BaseModel):
    """What a person says."""

    model_config = ConfigDict(extra="forbid")

    answer: Json
    """A choice; for questions in one's own words, the value."""
    inputs: dict[str, Json] = {}
    """To approve with other inputs: those that are changed."""
    outputs: dict[str, Json] = {}
    """For `done`: what the step would have returned."""
    reason: str = Field(default="", max_length=10_000)
    via: str = Field(default="", max_length=50)
    """Where it was said: `cell`, `panel`, `cli`, …"""

    @field_validator("outputs", "inputs", mode="before")
    @classmethod
    def _none_is_none(cls, given: Json) -> Json:
        return {} if given is None else given

    def reply(self) -> Reply:
        """As the engine takes it."""
        return Reply(self.answer, self.inputs, self.outputs, self.reason, self.via or "rest")


class Answered(BaseModel):
    """The answer was recorded, and the run goes on with it."""

    run_id: RunId
    question: str


@router.get("/questions")
async def list_questions(
    parts: Parts,
    by: Caller,
    mine: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> QuestionList:
    """What waits for somebody; with `mine`, only what the caller may answer."""
    user = by.user if mine else None
    return QuestionList(questions=await parts.runs.questions(by.workspace, user=user, limit=limit))


@router.post("/runs/{run_id}/questions/{question_id:path}/answer")
async def answer(
    parts: Parts, by: Caller, run_id: RunId, question_id: str, body: Answer
) -> Answered:
    """Answer a question. Of two answers one wins, the other is told who was first (409)."""
    await parts.commands.answer(run_id, question_id, body.reply(), by)
    return Answered(run_id=run_id, question=question_id)
