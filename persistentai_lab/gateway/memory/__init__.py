"""The Memory Tree over HTTP: below `/memory`, a file a layer."""

from fastapi import APIRouter

from . import feed

router = APIRouter(prefix="/memory")
for layer in (feed,):
    router.include_router(layer.router)
