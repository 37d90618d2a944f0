import { type FormEvent, useEffect, useId, useState } from "react";

import { Budgets } from "./budgets.tsx";
import type { Credentials, GraphError } from "./graph.ts";
import type { Identity, Synthetic } from "./identity.ts";
import { type Session, SIGN_IN } from "./session.ts";
import { capital, spoken } from "./wording.ts";

interface Properties {
  identity: Identity;
  tokens: Record<string, string>;
  session: Session;
  /** Why the last answer did not know who asks. */
  refusal: GraphError | null;
  use: (credentials: Credentials) => void;
  leave: () => void;
}

const NONE: Credentials = { token: "", scope: "", purpose: "" };

/** Who asks, as the graph says it, and the fields that change it. */
export function Bar({ identity, tokens, session, refusal, use, leave }: Properties) {
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
    <header className="bar">
      <h1>Connect Graph</h1>
      <nav aria-label="Pages">
        <a href="./">Outcomes</a>
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
      <form onSubmit={submit} autoComplete="off">
        {Object.keys(tokens).length > 0 && (
          <label>
            <span>Demo role</span>
            <select
              value={Object.keys(tokens).find((role) => tokens[role] === used.token) ?? ""}
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
        )}
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
          choices={
            refusedFor(identity, "PURPOSE_REQUIRED") ? listed : (known?.viewer.purposes ?? [])
          }
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
    </header>
  );
}

function SignIn({ session, leave }: Pick<Properties, "session" | "leave">) {
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
      <a className="sign-in" href={SIGN_IN}>
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

function Who({ identity: { viewer } }: { identity: Extract<Identity, { kind: "known" }> }) {
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

function Badge({ synthetic }: { synthetic: Synthetic }) {
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
