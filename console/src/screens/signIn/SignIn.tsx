import { FormEvent, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Mark } from "../../parts/Icon";
import { enter } from "../../state/session";
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

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const missing = !email.trim() ? "Enter your email address." : !password ? "Enter your password." : null;
    if (missing) return setFailure(missing);
    setBusy(true);
    setFailure(null);
    enter(email.trim(), password).catch((error: unknown) => {
      setFailure(sayWhy(error));
      setBusy(false);
    });
  };

  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <header><Mark size={36} /><h1>Sign in to Daybook</h1></header>
        {REASONS[because] && <p className="quiet" role="status">{REASONS[because]}</p>}
        <form onSubmit={submit} noValidate>
          <label className="field"><span>Email</span>
            <input className="input" type="email" name="email" autoComplete="username" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} aria-invalid={failure !== null} aria-describedby="sign-in-failure" />
          </label>
          <label className="field"><span>Password</span>
            <input className="input" type="password" name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} aria-invalid={failure !== null} aria-describedby="sign-in-failure" />
          </label>
          <p id="sign-in-failure" className="sign-in-failure" role="alert">{failure}</p>
          <button type="submit" className="button button-main" disabled={busy}>{busy ? "Signing in" : "Sign in"}</button>
        </form>
        <p className="quieter sign-in-hint">On a new installation, <code>daybook init</code> printed the first email and password; <code>make run</code> prints them again at each start.</p>
      </div>
    </main>
  );
}

function sayWhy(error: unknown): string {
  if (!(error instanceof ApiFailure)) return "Signing in failed.";
  if (error.kind === "unauthenticated" || error.code === "sign_in_failed") return "Email and password do not match.";
  if (error.kind === "limited") return `Too many attempts. Wait ${error.retryAfterMs ? `${Math.ceil(error.retryAfterMs / 1000)} s` : "a minute"} and try again.`;
  return `${error.message}${error.correlationId ? ` Request ${error.correlationId}.` : ""}`;
}
