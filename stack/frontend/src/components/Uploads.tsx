import { useState } from "react";
import type { Kind, Upload } from "../api";
import { count } from "../format";
import { usePage } from "../usePage";
import { UploadCard } from "./UploadCard";
import { UploadForm } from "./UploadForm";

const KINDS: [Kind | "", string][] = [
  ["", "All"],
  ["image", "Pictures"],
  ["sound", "Recordings"],
  ["document", "Documents"],
];
const AT_ONCE = 11;

export function Uploads({ version }: { version: string }) {
  const [kind, setKind] = useState<Kind | "">("");
  const [added, setAdded] = useState(0);
  const { rows, total, error, loading, more } = usePage<Upload>(
    `/api/uploads/?kind=${kind}`,
    AT_ONCE,
    `${version}/${added}`,
  );
  return (
    <section aria-labelledby="uploads">
      <div className="heading">
        <h2 id="uploads">Uploads</h2>
        <div className="tabs" role="group" aria-label="Kind of upload">
          {KINDS.map(([value, label]) => (
            <button
              key={label}
              type="button"
              className="quiet"
              aria-pressed={kind === value}
              onClick={() => setKind(value)}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
      <div className="gallery">
        <UploadForm onAdded={() => setAdded(added + 1)} />
        {rows.map((upload) => (
          <UploadCard key={upload.id} upload={upload} />
        ))}
      </div>
      {error && <p className="problem">Uploads cannot be shown: {error}.</p>}
      {!error && !loading && !total && <p className="empty">Nothing here yet. Add the first file.</p>}
      {more && (
        <button type="button" className="more" onClick={more}>
          Show more of {count(total)}
        </button>
      )}
    </section>
  );
}
