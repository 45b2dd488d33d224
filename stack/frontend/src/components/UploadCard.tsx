import type { Upload } from "../api";
import { bytes, day } from "../format";

function extension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1) : "file";
}

export function UploadCard({ upload }: { upload: Upload }) {
  return (
    <a className="card" href={upload.url} target="_blank" rel="noreferrer" title={upload.name}>
      {upload.thumbnail ? (
        <img src={upload.thumbnail} alt="" loading="lazy" />
      ) : (
        <span className={`sheet ${upload.kind}`} aria-hidden="true">
          {upload.kind === "sound" ? <Waves seed={upload.id} /> : <span>{extension(upload.name)}</span>}
        </span>
      )}
      <span className="caption">
        <strong>{upload.title}</strong>
        <span>
          {upload.owner} · {day(upload.created_at)} · {bytes(upload.size)}
        </span>
      </span>
    </a>
  );
}

/** A waveform, different for each recording. */
function Waves({ seed }: { seed: number }) {
  const bars = Array.from({ length: 32 }, (_, at) => {
    const swing = Math.sin(at * 0.7 + seed) + Math.sin(at * 1.9 + seed * 3) / 2;
    return 8 + Math.abs(swing) * 22;
  });
  return (
    <svg viewBox="0 0 160 80">
      {bars.map((height, at) => (
        <rect key={at} x={at * 5} y={40 - height / 2} width={2.6} height={height} rx={1.3} />
      ))}
    </svg>
  );
}
