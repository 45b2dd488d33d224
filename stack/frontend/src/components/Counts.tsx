import type { Counts as Numbers } from "../api";
import { count } from "../format";

const SHOWN: [keyof Numbers, string][] = [
  ["users", "members"],
  ["sightings", "sightings"],
  ["comments", "comments"],
  ["species", "species"],
  ["places", "places"],
  ["uploads", "uploads"],
];

export function Counts({ counts }: { counts: Numbers | null }) {
  return (
    <dl className="counts" aria-label="The journal in numbers">
      {SHOWN.map(([key, label]) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{counts ? count(counts[key]) : "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
