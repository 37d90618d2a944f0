import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";

import { Badge, Fields, RoleChoice, SignIn, Who } from "../bar.tsx";
import { roleOf, takeRole } from "../demonstration.ts";
import { ROOT } from "../root.ts";
import { Welcome } from "../welcome.tsx";
import { type Asker, useAsker } from "../who.ts";
import { WhoContext } from "./context.ts";
import { pageOf, PAGES } from "./pages/pages.ts";
import { address, go, pathOf, type Place, useHere } from "./route.ts";
import { Notice } from "./states.tsx";

/** What surrounds every page: who asks, where one can go, and the page itself. */
export function Shell() {
  const [role, setRole] = useState(takeRole);
  const asker = useAsker(role, () => setRole(null));
  const place = useHere();
  const { identity, tokens } = asker;
  const who = useMemo(
    () => (identity.kind === "known" ? { known: identity, tokens } : null),
    [identity, tokens],
  );

  /** Links between pages load nothing anew: a token would be lost. */
  function follow(event: MouseEvent): void {
    const link = (event.target as Element).closest("a");
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if ((link.getAttribute("target") ?? "") !== "" || link.hasAttribute("download")) return;
    const path = pathOf(link);
    if (path === null || pageOf(path.replace(/\?.*/, "")) === null) return;
    event.preventDefault();
    go(path);
  }

  return (
    <div className="shell" onClick={follow}>
      <a className="skip" href="#content">
        To the content
      </a>
      <Head asker={asker} place={place} />
      {who === null && (asker.finding || identity.kind === "asking") ? (
        // Who is known in a moment need not be asked to say who they are.
        <main id="content" aria-busy="true" />
      ) : who === null ? (
        <Welcome
          {...asker}
          then="Look at the cohorts; every figure has its table, its files and the query behind it."
          kept="Nothing of what you look at is kept in this browser."
        />
      ) : (
        <WhoContext value={who}>
          {/* A new identity begins anew: nothing of another role stays on the screen. */}
          <Content key={asker.turn} place={place} />
        </WhoContext>
      )}
    </div>
  );
}

function Head({ asker, place }: { asker: Asker; place: Place }) {
  const { identity, session, tokens, use, leave } = asker;
  const known = identity.kind === "known" ? identity : null;
  const role = known === null ? undefined : roleOf(known.credentials, tokens);
  const playground = new URL(role === undefined ? "graphiql" : `graphiql#role=${role}`, ROOT).href;
  return (
    <>
      <header className="bar">
        {known ? <p className="brand">Connect Graph</p> : <h1>Connect Graph</h1>}
        {known && <Badge synthetic={known.synthetic} />}
        <div className="who" role="status" aria-live="polite">
          {known && <Who identity={known} />}
          {identity.kind === "asking" && <span>Asking who you are …</span>}
        </div>
        <SignIn session={session} leave={leave} />
        <RoleChoice identity={identity} tokens={tokens} use={use} />
        <details className="as">
          <summary>Ask as</summary>
          <Fields identity={identity} session={session} use={use} />
        </details>
      </header>
      <nav className="menu" aria-label="Pages">
        {PAGES.filter(({ listed }) => listed).map(({ path, title }) => (
          <a key={path} href={address(path)} aria-current={isWithin(place.path, path)}>
            {title}
          </a>
        ))}
        <a className="away" href={playground}>
          Playground
        </a>
      </nav>
    </>
  );
}

/** Where one is: on the page itself, or on one below it. */
function isWithin(path: string, of: string): "page" | "true" | undefined {
  if (path === of) return "page";
  return of === "/" && path.startsWith("/cohorts/") ? "true" : undefined;
}

function Content({ place }: { place: Place }) {
  const content = useRef<HTMLElement>(null);
  const first = useRef(true);
  const found = pageOf(place.path);
  const { page, named } = found ?? { page: null, named: "" };
  const where = place.path + place.parameters.toString();

  useEffect(() => {
    const title = [named, page?.title ?? "Not found", "Connect Graph"];
    document.title = title.filter((part) => part !== "").join(" · ");
    // Whoever came by a link hears where they are; whoever came first is where they were.
    if (!first.current) {
      content.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [where]);

  return (
    <main id="content" ref={content} tabIndex={-1}>
      {page === null ? (
        <Notice title="There is no such page">
          <p>
            The <a href={address("/")}>cohorts</a> are a place to begin.
          </p>
        </Notice>
      ) : (
        <page.Content key={where} place={place} named={named} />
      )}
    </main>
  );
}
