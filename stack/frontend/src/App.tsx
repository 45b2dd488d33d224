import { Counts } from "./components/Counts";
import { Journal } from "./components/Journal";
import { Masthead } from "./components/Masthead";
import { Members } from "./components/Members";
import { Services } from "./components/Services";
import { Uploads } from "./components/Uploads";
import { useStatus } from "./useStatus";

export function App() {
  const health = useStatus();
  const counts = health?.report?.counts ?? null;
  // Lists load again when a count changes, or when the database comes back.
  const version = JSON.stringify(counts);

  return (
    <>
      <Masthead version={version} />
      <main>
        <Counts counts={counts} />
        <Services health={health} />
        <Uploads version={version} />
        <div className="columns">
          <Journal version={version} />
          <Members version={version} />
        </div>
      </main>
      <footer>
        <p>
          The sample stack of <strong>volops</strong>. Everything you see lives in a Docker volume: back it up,
          break it, and have it back.
        </p>
      </footer>
    </>
  );
}
