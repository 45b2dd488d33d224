import { useTheme } from "../useTheme";
import { Account } from "./Account";
import { Hills } from "./Hills";

const SIGN = { auto: "◐", light: "☀", dark: "☾" };

export function Masthead({ version }: { version: string }) {
  const [theme, next] = useTheme();
  return (
    <header className="masthead">
      <nav>
        <a className="brand" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M6 27C7 14 14 6 27 5c-1 11-7 17-16 17M6 27C9 18 14 13 20 11" />
          </svg>
          Fieldnotes
        </a>
        <div className="tools">
          <a href="/admin/">Admin</a>
          <button type="button" className="quiet" onClick={next} title={`Theme: ${theme}`}>
            <span aria-hidden="true">{SIGN[theme]}</span>
            <span className="unseen">Theme: {theme}</span>
          </button>
          <Account version={version} />
        </div>
      </nav>
      <div className="welcome">
        <h1>What we saw, heard and wrote down.</h1>
        <p>A shared journal of birds, beasts and early mornings.</p>
      </div>
      <Hills />
    </header>
  );
}
