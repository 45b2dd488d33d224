import type { ServiceReport } from "../api";
import { bytes, plural } from "../format";
import type { Health, Probe } from "../useStatus";

interface Card {
  name: string;
  role: string;
  up: boolean | null;
  detail: string;
  ms: number | null;
}

function probed(name: string, role: string, probe: Probe | undefined, detail: string): Card {
  return {
    name,
    role,
    up: probe ? probe.up : null,
    detail: probe && !probe.up ? "no answer" : detail,
    ms: probe?.up ? probe.ms : null,
  };
}

function reported(name: string, role: string, report: ServiceReport | undefined, more: string[]): Card {
  return {
    name,
    role,
    up: report ? report.up : null,
    detail: report ? [report.detail, ...(report.up ? more : [])].join(" · ") : "not known",
    ms: report?.up ? report.ms : null,
  };
}

function cards(health: Health | null): Card[] {
  const services = health?.report?.services;
  const { db, cache, migrations, media } = services ?? {};
  const schema = db?.up ? `migrations: ${migrations?.detail}` : "waits for the database";
  return [
    probed("proxy", "nginx", health?.proxy, "in front of everything"),
    probed("frontend", "React, Vite", health?.frontend, "serves this page"),
    probed("backend", "Django", health?.backend, migrations ? schema : ""),
    reported("db", "database", db, [bytes(db?.bytes ?? 0)]),
    reported("cache", "sessions, queue", cache, [
      plural(cache?.keys ?? 0, "key"),
      `${cache?.queued ?? 0} queued`,
    ]),
    reported("media", "files of members", media, []),
  ];
}

function word(up: boolean | null): string {
  if (up === null) return "unknown";
  return up ? "up" : "down";
}

export function Services({ health }: { health: Health | null }) {
  const all = cards(health);
  const down = all.filter((card) => card.up === false).length;
  return (
    <section aria-labelledby="services">
      <div className="heading">
        <h2 id="services">Services</h2>
        {health && (
          <p className={down ? "problem" : "hint"} role="status">
            {down ? `${plural(down, "service")} not answering` : "Everything is running"}
          </p>
        )}
      </div>
      <ul className="services">
        {all.map((card) => (
          <li key={card.name} className={word(card.up)}>
            <div>
              <strong>{card.name}</strong>
              <span className="state">
                {word(card.up)}
                {card.ms !== null && ` · ${card.ms.toFixed(0)} ms`}
              </span>
            </div>
            <span className="role">{card.role}</span>
            <p title={card.detail}>{card.detail}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
