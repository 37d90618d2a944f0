"""A visit to the page: what a person does there, and everything that it asked for meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Page, expect

_WATCH = """
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass(slots=True)
class Visit:
    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What the console was told as a warning or an error."""

    @classmethod
    async def open(cls, page: Page, url: str, path: str = "/graphiql") -> Visit:
        visit = cls(page, url)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.told.append(str(error)))
        page.on(
            "console",
            lambda message: (
                visit.told.append(message.text) if message.type in {"warning", "error"} else None
            ),
        )
        await page.add_init_script(_WATCH)
        await page.goto(f"{url}{path}")
        return visit

    async def act_as(self, role: str) -> None:
        await self.page.get_by_label("Demo role").select_option(role)
        await expect(self.page.get_by_role("region", name="Examples")).to_be_visible()

    async def choose(self, title: str) -> None:
        """Load an example into the editor."""
        button = self.page.get_by_role("button", name=title, exact=True)
        await button.click()
        await expect(button).to_have_attribute("aria-current", "true")

    async def run(self, title: str) -> None:
        """Run an example and wait for its answer."""
        await self.choose(title)
        async with self.page.expect_response("**/graphql") as answered:
            await self.page.get_by_role("button", name="Execute query").click()
        assert (await answered.value).status == 200
        await expect(self.page.get_by_role("button", name="CSV", exact=True)).to_be_enabled()

    async def download(self, kind: str) -> tuple[str, bytes]:
        async with self.page.expect_download() as started:
            await self.page.get_by_role("button", name=kind, exact=True).click()
        taken = await started.value
        return taken.suggested_filename, Path(await taken.path()).read_bytes()

    async def copied(self, kind: str) -> str:
        await self.page.get_by_role("button", name=kind, exact=True).click()
        await expect(self.page.get_by_text("Copied")).to_be_visible()
        return str(await self.page.evaluate("navigator.clipboard.readText()"))

    async def stored(self) -> str:
        """Give everything that the browser keeps of the page."""
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        return str(await self.page.evaluate(kept))

    async def check(self) -> None:
        asked = [url for url in self.requests if not url.startswith(("data:", "blob:"))]
        assert asked, "it asked for nothing"
        assert [url for url in asked if not url.startswith(f"{self.url}/")] == []
        assert await self.page.evaluate("violations") == []
        assert self.told == []
