"""What the generated client stands on: it sends an operation, and reads the answer.

The generator copies this module beside those that it makes.
"""

from __future__ import annotations

from typing import Any, Self

import httpx
from connect_graph_client.answer import data_of
from connect_graph_client.errors import Unreachable
from connect_graph_client.generated.base_model import UNSET
from pydantic import TypeAdapter

_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class Transport:
    """Ask one address, over connections that are kept open."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self._http = http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; `async with` does so."""
        await self._http.aclose()

    async def execute(
        self,
        query: str,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
    ) -> httpx.Response:
        """Send an operation, without the variables that are unset."""
        given = {name: each for name, each in (variables or {}).items() if each is not UNSET}
        body = {"query": query, "operationName": operation_name, "variables": given}
        content = _ANYTHING.dump_python(body, mode="json", by_alias=True, exclude_unset=True)
        try:
            return await self._http.post(self.url, json=content)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(f"{self.url} did not answer: {reason}") from error

    def get_data(self, response: httpx.Response) -> dict[str, Any]:
        """Give the data of an answer without errors."""
        return data_of(response)
