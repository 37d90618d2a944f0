import { type FormEvent, type ReactNode, useEffect, useId, useState } from "react";

import { Budgets } from "./budgets.tsx";
import { roleOf } from "./demonstration.ts";
import { type Credentials, type GraphError, NOBODY as NONE } from "./graph.ts";
import type { Identity, Synthetic } from "./identity.ts";
import { ROOT } from "./root.ts";
import { type Session, SIGN_IN, signInLink } from "./session.ts";
import { capital, spoken } from "./wording.ts";

interface Properties {
  identity: Identity;
  tokens: Record<string, string>;
  session: Session;
  use: (credentials: Credentials) => void;
  leave: () => void;
}

interface BarProperties extends Properties {
  /** Why the last answer did not know who asks. */
  refusal: GraphError | null;
}

/** Who asks, as the graph says it, and the fields that change it. */
export function Bar({ identity, tokens, session, refusal, use, leave }: BarProperties) {
  const known = identity.kind === "known" ? identity : null;
  const role = known === null ? undefined : roleOf(known.credentials, tokens);
  return (
    <header className="bar">
      <h1>Connect Graph</h1>
      <nav aria-label="Pages">
        <a href={new URL(role === undefined ? "." : `.#role=${role}`, ROOT).href}>Outcomes</a>
        <span aria-current="page">Playground</span>
      </nav>
      {known && <Badge synthetic={known.synthetic} />}
      <div className="who" role="status" aria-live="polite">
        {known && <Who identity={known} />}
        {known && refusal && session.state !== "expired" && (
          <span className="refusal">The last answer was refused: {refusal.message}</span>
        )}
        {identity.kind === "asking" && <span>Asking who you are …</span>}
      </div>
      {known && <Budgets credentials={known.credentials} />}
      <SignIn session={session} leave={leave} />
      <Fields identity={identity} session={session} use={use}>
        <RoleChoice identity={identity} tokens={tokens} use={use} />
      </Fields>
    </header>
  );
}

/** The roles of the demonstration, where there are any. */
export function RoleChoice({ identity, tokens, use }: Omit<Properties, "session" | "leave">) {
  const used = identity.kind === "absent" ? NONE : identity.credentials;
  if (Object.keys(tokens).length === 0) return null;
  return (
    <label>
      <span>Demo role</span>
      <select
        value={roleOf(used, tokens) ?? ""}
        onChange={(event) => use({ ...NONE, token: tokens[event.target.value] ?? "" })}
      >
        <option value="">none</option>
        {Object.keys(tokens).map((role) => (
          <option key={role} value={role}>
            {capital(role)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Scope, purpose and a token of one's own. */
export function Fields({
  identity,
  session,
  use,
  children,
}: Omit<Properties, "tokens" | "leave"> & { children?: ReactNode }) {
  const [draft, setDraft] = useState(NONE);
  const used = identity.kind === "absent" ? NONE : identity.credentials;
  const known = identity.kind === "known" ? identity : null;
  const listed = identity.kind === "refused" ? offered(identity) : [];

  useEffect(() => setDraft(used), [used]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const token = draft.token.trim().replace(/^Bearer /i, "");
    use({
      token,
      signedIn: token === "" && session.state === "signed-in",
      scope: draft.scope.trim(),
      purpose: draft.purpose.trim(),
    });
  }

  const field = (name: "token" | "scope" | "purpose") => ({
    name,
    value: draft[name],
    onChange: (text: string) => setDraft({ ...draft, [name]: text }),
  });
  return (
    <form onSubmit={submit} autoComplete="off">
      {children}
      <Field
        {...field("scope")}
        label="Scope"
        hint={known?.viewer.scope.code ?? "your only one"}
        choices={refusedFor(identity, "SCOPE_REQUIRED") ? listed : []}
      />
      <Field
        {...field("purpose")}
        label="Purpose"
        hint={known?.viewer.purposes.join(", ") ?? "its only one"}
        choices={refusedFor(identity, "PURPOSE_REQUIRED") ? listed : (known?.viewer.purposes ?? [])}
      />
      <Field
        {...field("token")}
        label="Token"
        hint={used.signedIn ? "yours, by sign-in" : "paste it here"}
        secret
      />
      <button type="submit">Use</button>
      {identity.kind !== "absent" && !used.signedIn && (
        <button type="button" className="quiet" onClick={() => use(NONE)}>
          Forget
        </button>
      )}
    </form>
  );
}

export function SignIn({ session, leave }: Pick<Properties, "session" | "leave">) {
  if (SIGN_IN === null) return null;
  if (session.state === "signed-in") {
    return (
      <div className="session">
        <span>
          Signed in as <strong>{session.name}</strong>
        </span>
        <button type="button" className="quiet" onClick={leave}>
          Sign out
        </button>
      </div>
    );
  }
  return (
    <div className="session">
      {session.state === "expired" && <span role="alert">Your session has ended.</span>}
      {session.state === "unavailable" && (
        <span role="alert">Who signed in cannot be found out now: try again later.</span>
      )}
      <a className="sign-in" href={signInLink() ?? SIGN_IN}>
        {session.state === "expired" ? "Sign in again" : "Sign in"}
      </a>
    </div>
  );
}

interface FieldProperties {
  name: string;
  label: string;
  hint: string;
  value: string;
  choices?: string[];
  secret?: boolean;
  onChange: (text: string) => void;
}

function Field({ name, label, hint, value, choices = [], secret, onChange }: FieldProperties) {
  const list = useId();
  return (
    <label>
      <span>{label}</span>
      <input
        name={name}
        type={secret ? "password" : "text"}
        value={value}
        placeholder={hint}
        list={choices.length > 0 ? list : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      {choices.length > 0 && (
        <datalist id={list}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
    </label>
  );
}

export function Who({ identity: { viewer } }: { identity: Extract<Identity, { kind: "known" }> }) {
  const until = viewer.scope.validTo?.slice(0, 10) ?? "further notice";
  return (
    <>
      <strong>
        {capital(viewer.role)} · {viewer.organisation.name}
      </strong>
      <span title={`Valid until ${until}`}>
        {capital(viewer.scope.kind)} {viewer.scope.code} · {spoken(viewer.granularity)}s · for{" "}
        {(viewer.purpose === null ? viewer.purposes : [viewer.purpose]).map(spoken).join(", ")}
      </span>
    </>
  );
}

export function Badge({ synthetic }: { synthetic: Synthetic }) {
  if (synthetic === "all") {
    return (
      <span className="badge" title="Invented records: nobody stands behind them.">
        SYNTHETIC
      </span>
    );
  }
  if (synthetic === "some") {
    return (
      <span className="badge" title="Some records are invented; each says so in `synthetic`.">
        PARTLY SYNTHETIC
      </span>
    );
  }
  return null;
}

function refusedFor(identity: Identity, code: string): boolean {
  return identity.kind === "refused" && identity.code === code;
}

/** What a refusal lists after its colon, such as the scopes that one holds. */
function offered({ message }: { message: string }): string[] {
  const [, list = ""] = /: ([^:]+)\.$/.exec(message) ?? [];
  return list.split(", ").filter((item) => item !== "");
}
