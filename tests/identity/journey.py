"""A journey: the code flow step by step, as a browser goes it, with everything in hand."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

PLAIN = ssl.create_default_context()
"""Made once: to read the machine's authorities takes longer than to sign in."""
FIELD = re.compile(r'<input[^>]*name="(\w+)"[^>]*value="(\w*)"')


def browser(cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
    """Make a browser with some cookies."""
    return httpx.AsyncClient(cookies=cookies, timeout=10, verify=PLAIN)


@dataclass(slots=True)
class Journey:
    """Keep the cookies of one browser, and follow nothing by itself."""

    http: httpx.AsyncClient
    url: str

    @property
    def cookies(self) -> dict[str, str]:
        """Give our own cookies; the provider has others on the same host."""
        jar = self.http.cookies.jar
        return {each.name: each.value or "" for each in jar if each.name.startswith("connect_")}

    async def leave(self) -> str:
        """Press "Sign in"; give where the provider is to be asked."""
        response = await self.http.get(f"{self.url}/graphiql/sign-in")
        assert response.status_code == 303, response.text
        return str(response.headers["location"])

    async def arrive(self, place: str, login: str) -> str:
        """Sign in at the provider; give where it sends the browser back to."""
        page = await self._follow(place)
        for _ in range(3):
            location = str(page.headers.get("location", ""))
            if location.startswith(f"{self.url}/"):
                return location
            action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            assert action is not None, page.text
            form = dict(FIELD.findall(page.text))
            if 'name="login"' in page.text:
                form |= {"prompt": "login", "login": login, "password": "x"}
            target = urljoin(str(page.url), action[1])
            page = await self._follow(target, form)
        location = str(page.headers["location"])
        assert location.startswith(f"{self.url}/")
        return location

    async def _follow(self, place: str, form: dict[str, str] | None = None) -> httpx.Response:
        response = await (
            self.http.get(place) if form is None else self.http.post(place, data=form)
        )
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if target.startswith(f"{self.url}/"):
                break
            response = await self.http.get(target)
        return response

    async def sign_in(self, login: str) -> httpx.Response:
        """Go all the way; give the answer that ends it."""
        return await self.http.get(await self.arrive(await self.leave(), login))

    async def post(self, name: str, **headers: str | None) -> httpx.Response:
        """Ask as the page does, with some headers changed or left out."""
        sent: dict[str, str | None] = {
            "origin": self.url,
            "sec-fetch-site": "same-origin",
            "x-connect-graph": "page",
        }
        sent |= {header.replace("_", "-"): value for header, value in headers.items()}
        given = {header: value for header, value in sent.items() if value is not None}
        return await self.http.post(f"{self.url}/graphiql/{name}", headers=given)


def parameters(place: str) -> dict[str, str]:
    """Read the parameters of a URL, each given once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(place).query).items()}
