// Monaco rejects what it drops, such as a hover in an editor that goes away, with an error called
// Canceled. Nobody waits for it then, and the browser would report a failure: it is none.
addEventListener("unhandledrejection", (event) => {
  const reason: unknown = event.reason;
  if (reason instanceof Error && reason.name === "Canceled" && reason.message === "Canceled") {
    event.preventDefault();
  }
});
