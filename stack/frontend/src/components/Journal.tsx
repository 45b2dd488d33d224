import type { Sighting } from "../api";
import { count, day, plural } from "../format";
import { usePage } from "../usePage";

const AT_ONCE = 7;

export function Journal({ version }: { version: string }) {
  const { rows, total, error, loading, more } = usePage<Sighting>("/api/sightings/", AT_ONCE, version);
  return (
    <section aria-labelledby="journal">
      <div className="heading">
        <h2 id="journal">Latest sightings</h2>
        <p className="hint">{total ? count(total) : ""}</p>
      </div>
      <ol className="journal">
        {rows.map((sighting) => (
          <Entry key={sighting.id} sighting={sighting} />
        ))}
      </ol>
      {error && <p className="problem">Sightings cannot be shown: {error}.</p>}
      {!error && !loading && !total && <p className="empty">Nobody has seen anything yet.</p>}
      {more && (
        <button type="button" className="more" onClick={more}>
          Earlier ones
        </button>
      )}
    </section>
  );
}

function Entry({ sighting }: { sighting: Sighting }) {
  return (
    <li>
      <h3>
        {sighting.species} <em>{sighting.latin_name}</em>
        {sighting.individuals > 1 && <span className="times">× {sighting.individuals}</span>}
      </h3>
      <p>{sighting.note}</p>
      <p className="meta">
        {sighting.observer} · {sighting.place} · {day(sighting.seen_at)}
        {sighting.comments > 0 && ` · ${plural(sighting.comments, "comment")}`}
      </p>
      <p className="tags">
        {sighting.tags.map((tag) => (
          <span key={tag}>{tag}</span>
        ))}
      </p>
    </li>
  );
}
