"""Errors as `application/problem+json` (RFC 9457): a stable `code`, and what to do."""

from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from ..errors import (
    AccessDenied,
    FlowInvalid,
    LabError,
    MergeConflict,
    MisfitDocument,
    Problem,
    Unavailable,
)
from ..storage.pool import away, is_away

MEDIA_TYPE = "application/problem+json"


class NotFound(LabError):
    """Nothing can have this name."""

    code = "not_found"
    http_status = 404


class Fault(LabError):
    """The gateway itself failed."""

    code = "internal"
    http_status = 500


def register(app: FastAPI) -> None:
    """Answer every error of ours, of the database and of the framework in one form."""
    app.add_exception_handler(LabError, _ours)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(psycopg.Error, _database)
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(Exception, _fault)


def to_problem(error: LabError) -> dict[str, Any]:
    """The body that says what is wrong."""
    problem: dict[str, Any] = {
        "type": f"urn:persistentai:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.http_status,
        "code": error.code,
        "detail": error.message,
        "remedy": error.remedy,
    }
    if isinstance(error, FlowInvalid):
        problem["problems"] = [found.to_json() for found in error.problems]
    if isinstance(error, MergeConflict):
        problem["conflicts"] = list(error.conflicts)
    if isinstance(error, MisfitDocument):
        problem["problems"] = list(error.problems)
    return problem


def _answer(error: LabError) -> JSONResponse:
    headers = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if isinstance(error, AccessDenied):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(to_problem(error), error.http_status, headers, MEDIA_TYPE)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LabError)
    return _answer(error)


async def _database(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, psycopg.DataError):  # a NUL in an address: nothing is called that
        return _answer(NotFound("There is nothing of this name."))
    if not is_away(error):
        raise error
    return _answer(away(error))


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """The log gets the traceback; whoever asked gets an answer of the usual form."""
    return _answer(
        Fault(
            f"The gateway failed: {type(error).__name__}.",
            remedy="This is a fault of the platform; the gateway's log has the details.",
        )
    )


async def _bad_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        Problem(
            code="bad_request",
            message=str(found["msg"]),
            remedy="See this address in /persistentai/api/v1/openapi.json.",
            port=".".join(map(str, found["loc"])),
        )
        for found in error.errors()
    ]
    body = {
        "type": "urn:persistentai:bad_request",
        "title": "Bad request",
        "status": 422,
        "code": "bad_request",
        "detail": "; ".join(str(problem) for problem in problems),
        "remedy": "",
        "problems": [problem.to_json() for problem in problems],
    }
    return JSONResponse(body, 422, None, MEDIA_TYPE)


async def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, LabError):  # the framework wraps what reading a body raises
        return _answer(error.__cause__)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "http_error"
    )
    body = {
        "type": f"urn:persistentai:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": error.status_code,
        "code": code,
        "detail": str(error.detail),
        "remedy": "",
    }
    return JSONResponse(body, error.status_code, error.headers, MEDIA_TYPE)
