/** The address that all others are relative to; the page is told by its own markup how far up. */
export const ROOT = new URL(document.documentElement.dataset.root ?? ".", document.baseURI);
