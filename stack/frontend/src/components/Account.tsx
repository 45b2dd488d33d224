import { type FormEvent, useEffect, useRef, useState } from "react";
import { get, type Member, post } from "../api";
import { Avatar } from "./Avatar";

interface Session {
  user: Member | null;
}

/** Signing in and out; the session itself lives in Redis. */
export function Account({ version }: { version: string }) {
  const [user, setUser] = useState<Member | null>(null);
  const [error, setError] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    get<Session>("/api/me/").then(
      (session) => setUser(session.user),
      () => setUser(null),
    );
  }, [version]);

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    try {
      const session = await post<Session>("/api/login/", new FormData(event.currentTarget));
      setUser(session.user);
      setError("");
      dialog.current?.close();
    } catch (reason) {
      setError((reason as Error).message);
    }
  }

  async function signOut() {
    await post<Session>("/api/logout/", new FormData()).catch(() => undefined);
    setUser(null);
  }

  if (user) {
    return (
      <button type="button" className="quiet signed-in" onClick={signOut} title="Sign out">
        <Avatar member={user} /> {user.name}
      </button>
    );
  }
  return (
    <>
      <button type="button" className="quiet" onClick={() => dialog.current?.showModal()}>
        Sign in
      </button>
      <dialog ref={dialog} aria-label="Sign in">
        <form className="sign-in" onSubmit={signIn}>
          <h2>Sign in</h2>
          <label>
            Name
            <input name="username" autoComplete="username" defaultValue="demo" required />
          </label>
          <label>
            Password
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
          <p className={error ? "problem" : "hint"}>{error || "Try demo with the password demo."}</p>
          <div className="buttons">
            <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit">Sign in</button>
          </div>
        </form>
      </dialog>
    </>
  );
}
