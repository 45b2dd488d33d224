import { useDeferredValue, useState } from "react";
import type { Member } from "../api";
import { count, plural } from "../format";
import { usePage } from "../usePage";
import { Avatar } from "./Avatar";

const AT_ONCE = 12;

export function Members({ version }: { version: string }) {
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  const { rows, total, error, loading, more } = usePage<Member>(
    `/api/users/?q=${encodeURIComponent(asked)}`,
    AT_ONCE,
    version,
  );
  return (
    <section aria-labelledby="members">
      <div className="heading">
        <h2 id="members">Members</h2>
        <input
          type="search"
          aria-label="Find a member"
          placeholder="Find a member"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <ul className="members">
        {rows.map((member) => (
          <li key={member.id}>
            <Avatar member={member} />
            <div>
              <strong>{member.name}</strong>
              <span title={member.bio}>{member.bio || member.username}</span>
              <span className="meta">
                {[member.home, plural(member.sightings ?? 0, "sighting")].filter(Boolean).join(" · ")}
              </span>
            </div>
          </li>
        ))}
      </ul>
      {error && <p className="problem">Members cannot be shown: {error}.</p>}
      {!error && !loading && !total && (
        <p className="empty">{asked ? `Nobody is called “${asked}”.` : "Nobody has joined yet."}</p>
      )}
      {more && (
        <button type="button" className="more" onClick={more}>
          Show more of {count(total)}
        </button>
      )}
    </section>
  );
}
