import { type DragEvent, type FormEvent, useState } from "react";
import { post, type Upload } from "../api";
import { bytes } from "../format";

/** Choose or drop a file, give it a title, send it. */
export function UploadForm({ onAdded }: { onAdded: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState("");
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [message, setMessage] = useState<{ text: string; problem?: boolean } | null>(null);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    setFile(event.dataTransfer.files[0] ?? null);
  }

  async function send(event: FormEvent) {
    event.preventDefault();
    if (!file) return;
    const body = new FormData();
    body.append("file", file);
    body.append("title", title);
    setBusy(true);
    try {
      const upload = await post<Upload>("/api/uploads/", body);
      setMessage({ text: `“${upload.title}” is in the journal.` });
      setFile(null);
      setTitle("");
      onAdded();
    } catch (reason) {
      setMessage({ text: (reason as Error).message, problem: true });
    }
    setBusy(false);
  }

  return (
    <form
      className={over ? "upload over" : "upload"}
      onSubmit={send}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label className="pick">
        <input
          type="file"
          name="file"
          className="unseen"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
        />
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 16V5m0 0L7.5 9.5M12 5l4.5 4.5M4 17v2.5h16V17" />
        </svg>
        <strong>{file ? file.name : "Add to the journal"}</strong>
        <span>{file ? bytes(file.size) : "Drop a file here, or choose one"}</span>
      </label>
      <input
        name="title"
        aria-label="Title"
        placeholder="Give it a title"
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit" disabled={!file || busy}>
        {busy ? "Sending…" : "Upload"}
      </button>
      <p role="status" className={message?.problem ? "problem" : "hint"}>
        {message?.text ?? "Up to 50 MB, anything you like."}
      </p>
    </form>
  );
}
