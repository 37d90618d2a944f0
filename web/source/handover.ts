/** What leaves the page: a file, or a text in the clipboard. */

export function save(name: string, content: string, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Over plain HTTP there is no clipboard but the old one. */
export async function copy(content: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(content);
  const focused = document.activeElement as HTMLElement | null;
  const area = Object.assign(document.createElement("textarea"), { value: content });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus();
}
