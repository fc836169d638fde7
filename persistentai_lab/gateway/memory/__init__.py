"""The Memory Tree over HTTP: below `/memory`, a file a layer."""

from fastapi import APIRouter

from . import feed, files, history, knowledge, records, versions

router = APIRouter(prefix="/memory")
for layer in (feed, files, records, history, knowledge, versions):
    router.include_router(layer.router)
