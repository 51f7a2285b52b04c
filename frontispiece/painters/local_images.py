"""Pictures by a server of one's own that speaks OpenAI's API, such as LocalAI, vLLM-Omni and stable-diffusion.cpp.

They cost nothing, and no key is needed; a server that asks for one, or for money, is for the painter openai-images.
"""

from typing import Final

from pydantic import Field

from frontispiece.errors import BadInput
from frontispiece.models import Paper, Prompt
from frontispiece.painters.interface import AtOnce, Canvas
from frontispiece.painters.openai_images import BASE64, DOWNLOAD_SECONDS, first_picture, read_images
from frontispiece.providers.downloads import DownloadSettings, download_picture
from frontispiece.providers.http import Http
from frontispiece.providers.openai_account import OpenAISettings, Server, origin_of, server_at
from frontispiece.recipe import PainterRecipe, canonical_json
from frontispiece.text import encodable

URL: Final = "FRONTISPIECE_LOCAL_IMAGES_URL"


class LocalSettings(OpenAISettings, DownloadSettings):
    """What the user may set; FRONTISPIECE_OPENAI_SECONDS is how long a picture may take."""

    local_images_url: str = Field(
        "http://127.0.0.1:8080/v1", description="address of a server of your own that paints by OpenAI's API"
    )
    local_images_model: str = Field(
        "", description="model of the painter local-images, by the name that the server knows"
    )
    local_images_size: str = Field(
        "512x960", pattern=r"^\d+x\d+$", description="size of the pictures of local-images, pixels"
    )
    local_images_seed: int = Field(
        42, ge=0, description="seed of the pictures of local-images, where the server takes one"
    )


class LocalImages(AtOnce):
    """Orders a picture and waits for it in one call.

    Raises BadInput when built without a model, or for a server that is in no network of one's own.
    """

    label = "local images"
    paid = False
    is_ai = True
    price = 0.0

    def __init__(self, settings: LocalSettings, *, seconds: float | None = None) -> None:
        from frontispiece.providers.openai_client import OpenAIApi

        self._max_bytes = 1_000_000 * settings.picture_megabytes
        self._api = OpenAIApi(settings, _server(settings), seconds=seconds, max_bytes=int(BASE64 * self._max_bytes))
        self._media = Http(timeout=seconds or DOWNLOAD_SECONDS)
        self._hosts = (*settings.picture_hosts, self._api.origin)
        self._size, self._seed = settings.local_images_size, settings.local_images_seed
        self.throttle = self._api.throttle
        self.recipe = self.recipe_for(settings)

    @staticmethod
    def recipe_for(settings: LocalSettings) -> PainterRecipe:
        """As in `frontispiece.painters.interface.Painter`."""
        parameters = canonical_json(size=settings.local_images_size, seed=settings.local_images_seed)
        return PainterRecipe(kind="local-images", model=settings.local_images_model, parameters=parameters)

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Canvas:
        """The picture. Errors as in `frontispiece.painters.interface.Painter`."""
        words, seed = encodable(prompt.text), self._seed + take
        reply = await self._api.seeded_picture(self.recipe.model, words, self._size, seed)
        picture = first_picture(read_images(reply.body))
        return Canvas(
            image=await download_picture(self._media, picture, self._hosts, self._max_bytes),
            model=self.recipe.model,
            seconds=round(reply.seconds, 3),
            dollars=0.0,
            request_id=reply.request_id,
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()
        await self._media.close()


def _server(settings: LocalSettings) -> Server:
    from frontispiece.providers.openai_client import is_local

    place = origin_of(settings.local_images_url)
    if place and not is_local(place[1]):
        raise BadInput(
            f"{URL}: {place[1]} is in no network of your own: choose the painter openai-images, which counts costs."
        )
    if not settings.local_images_model:
        raise BadInput("FRONTISPIECE_LOCAL_IMAGES_MODEL is not set: name the model that the server has.")
    return server_at(settings.local_images_url, URL, None, "no key")
