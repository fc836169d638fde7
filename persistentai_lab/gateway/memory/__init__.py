"""The Memory Tree over HTTP: below `/memory`, a file a layer."""

from fastapi import APIRouter

from . import browse, feed, files, history, knowledge, records, versions

router = APIRouter(prefix="/memory")
for layer in (browse, feed, files, records, history, knowledge, versions):
    router.include_router(layer.router)
