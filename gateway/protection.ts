// The headers that every answer carries, whatever it is: as connect_graph/protection.py has them.
import type { Duplex } from "node:stream";

export const STRICT: Record<string, string> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "camera=(), clipboard-read=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const SAID: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

// `hstsSeconds` is told only where it is known that TLS is before.
export function protection(hstsSeconds: number): Record<string, string> {
  const hsts = { "strict-transport-security": `max-age=${hstsSeconds}` };
  return hstsSeconds === 0 ? STRICT : { ...STRICT, ...hsts };
}

// Ends what is no HTTP, or did not arrive in time.
export function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const lines = [
    `HTTP/1.1 ${SAID[error.code ?? ""] ?? "400 Bad Request"}`,
    ...Object.entries({ ...STRICT, connection: "close", "content-length": "0" }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n`);
}
