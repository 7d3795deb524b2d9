import { FormEvent, useEffect, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Icon, Mark } from "../../parts/Icon";
import { useNow } from "../../state/now";
import { enter } from "../../state/session";
import { useReturn } from "../../state/useReach";
import "./signIn.css";

const REASONS = {
  never: null,
  ended: "Your session has ended. Sign in to continue where you were.",
  left: "You are signed out.",
};

export function SignIn({ because }: { because: keyof typeof REASONS }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  /** Asked for while nobody answered: done as soon as somebody does, unless what was typed has changed since. */
  const [wanted, want] = useState(false);
  const { away, nextAt, tryNow } = useReturn();

  const send = () => {
    setBusy(true);
    setFailure(null);
    enter(email.trim(), password).catch((error: unknown) => {
      setBusy(false);
      if (error instanceof ApiFailure && error.away) return want(true);
      setFailure(sayWhy(error));
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const missing = !email.trim() ? "Enter your email address." : !password ? "Enter your password." : null;
    if (missing) return setFailure(missing);
    send();
  };
  const type = (change: (text: string) => void) => (event: { target: HTMLInputElement }) => {
    want(false);
    change(event.target.value);
  };
  useEffect(() => {
    if (away || !wanted) return;
    want(false);
    send();
  }, [away, wanted]);

  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <header><Mark size={36} /><h1>Sign in to Daybook</h1></header>
        {REASONS[because] && <p className="quiet" role="status">{REASONS[because]}</p>}
        <form onSubmit={submit} noValidate>
          <label className="field"><span>Email</span>
            <input className="input" type="email" name="email" autoComplete="username" autoFocus required value={email} onChange={type(setEmail)} aria-invalid={failure !== null} aria-describedby="sign-in-failure" />
          </label>
          <label className="field"><span>Password</span>
            <input className="input" type="password" name="password" autoComplete="current-password" required value={password} onChange={type(setPassword)} aria-invalid={failure !== null} aria-describedby="sign-in-failure" />
          </label>
          <div role="status">{away && <Away wanted={wanted} nextAt={busy ? null : nextAt} tryNow={tryNow} />}</div>
          <p id="sign-in-failure" className="sign-in-failure" role="alert">{failure}</p>
          <button type="submit" className="button button-main" disabled={busy}>{busy ? "Signing in" : "Sign in"}</button>
        </form>
        <p className="quieter sign-in-hint">On a new installation, <code>daybook init</code> printed the first email and password; <code>make run</code> prints them again at each start.</p>
      </div>
    </main>
  );
}

function Away({ wanted, nextAt, tryNow }: { wanted: boolean; nextAt: number | null; tryNow: () => void }) {
  const now = useNow(1000);
  return (
    <div className="sign-in-away">
      <p className="mark-warn"><Icon name="warning" size={14} /><strong>Daybook cannot be reached</strong></p>
      <p className="quiet">{wanted ? "You are signed in as soon as it answers; what you typed is kept." : "What you typed is kept."}</p>
      <p className="quieter"><span className="number" aria-live="off" aria-hidden="true">Trying again {nextAt !== null && nextAt > now ? `in ${Math.ceil((nextAt - now) / 1000)} s` : "now"}</span><button type="button" className="button button-plain button-small" disabled={nextAt === null} onClick={tryNow}>Try now</button></p>
    </div>
  );
}

function sayWhy(error: unknown): string {
  if (!(error instanceof ApiFailure)) return "Signing in failed.";
  if (error.kind === "unauthenticated" || error.code === "sign_in_failed") return "Email and password do not match.";
  if (error.kind === "limited") return `Too many attempts. Wait ${error.retryAfterMs ? `${Math.ceil(error.retryAfterMs / 1000)} s` : "a minute"} and try again.`;
  return `${error.message}${error.correlationId ? ` Request ${error.correlationId}.` : ""}`;
}
