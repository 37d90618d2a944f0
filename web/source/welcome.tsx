import { DEMONSTRATION } from "./demonstration.ts";
import type { Credentials } from "./graph.ts";
import type { Identity } from "./identity.ts";
import { type Session, SIGN_IN, signInLink } from "./session.ts";
import { capital, ROLES, signInFaults } from "./wording.ts";

interface Properties {
  identity: Identity;
  tokens: Record<string, string>;
  session: Session;
  /** Why a sign-in came to nothing. */
  fault: string | null;
  /** Whether a link brought a query that opens then. */
  waiting?: boolean;
  use: (credentials: Credentials) => void;
  /** What one does here, once one is known. */
  then: string;
  /** What this page keeps of it. */
  kept: string;
}

/** What stands where the workbench will: why there is none yet, and how to get there. */
export function Welcome({
  identity,
  tokens,
  session,
  fault,
  waiting = false,
  use,
  then,
  kept,
}: Properties) {
  const roles = Object.entries(tokens);
  return (
    <main id="content" className="welcome" tabIndex={-1}>
      <section>
        <h2>Say who you are</h2>
        <p>
          The graph answers those whom it knows, and each sees what is theirs to see: the database
          decides that, not this page.
        </p>
        {waiting && (
          <p className="waiting">
            The query that you followed is kept, and opens in a tab of its own once you are known.
          </p>
        )}
        {identity.kind === "refused" && (
          <p className="refused" role="alert">
            <strong>{refusal(identity.code)}</strong> {identity.message}
          </p>
        )}
        {fault !== null && session.state !== "signed-in" && (
          <p className="refused" role="alert">
            <strong>Not signed in.</strong> {signInFaults(fault)}
          </p>
        )}
        {SIGN_IN !== null && session.state !== "signed-in" && (
          <p>
            <a className="sign-in" href={signInLink() ?? SIGN_IN}>
              Sign in
            </a>{" "}
            with your organisation's account.
          </p>
        )}
        {roles.length > 0 && (
          <>
            <h3>This is a demonstration: choose a role</h3>
            <ul className="roles">
              {roles.map(([role, token]) => (
                <li key={role}>
                  <button type="button" onClick={() => use({ token, scope: "", purpose: "" })}>
                    <strong>{capital(role)}</strong>
                    <span>{ROLES[role]}</span>
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
        <h3>
          {roles.length > 0 || SIGN_IN !== null ? "Or use a token of your own" : "How to begin"}
        </h3>
        <ol>
          <li>
            Get a token from your organisation's sign-in. Without a membership of the consortium,
            ask its data office for one first.
            {DEMONSTRATION && (
              <>
                {" "}
                In this demonstration <code>connect-graph token researcher</code> prints one.
              </>
            )}
          </li>
          <li>
            Paste it into <em>Token</em> above and press <em>Use</em>. Where you hold several scopes
            or purposes, name one.
          </li>
          <li>{then}</li>
        </ol>
        <p className="note">
          The token stays in this page's memory: it is never stored, and gone when you reload.
          {SIGN_IN !== null &&
            " Who signed in stays so until the browser is closed, for twelve hours at most."}{" "}
          {kept}
        </p>
      </section>
    </main>
  );
}

function refusal(code: string): string {
  switch (code) {
    case "SCOPE_REQUIRED":
      return "Which scope?";
    case "PURPOSE_REQUIRED":
      return "For which purpose?";
    case "UNAUTHENTICATED":
      return "Not recognised.";
    default:
      return "Not now.";
  }
}
