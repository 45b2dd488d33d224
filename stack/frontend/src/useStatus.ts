import { useEffect, useState } from "react";
import { getStatus, type StatusReport } from "./api";

const PERIOD = 5000;

export interface Probe {
  up: boolean;
  ms: number;
}

export interface Health {
  proxy: Probe;
  frontend: Probe;
  backend: Probe;
  report: StatusReport | null;
}

async function timed<T>(ask: () => Promise<T>): Promise<Probe & { answer: T | null }> {
  const started = performance.now();
  const answer = await ask().catch(() => null);
  return { up: answer !== null, ms: performance.now() - started, answer };
}

async function reach(path: string): Promise<true> {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return true;
}

async function look(): Promise<Health> {
  const [proxy, frontend, backend] = await Promise.all([
    timed(() => reach("/healthz")),
    timed(() => reach("/health.json")),
    timed(getStatus),
  ]);
  return { proxy, frontend, backend, report: backend.answer };
}

/** Every service's health: the two in front asked from here, the others reported by the backend. */
export function useStatus(): Health | null {
  const [health, setHealth] = useState<Health | null>(null);
  useEffect(() => {
    let timer: number | undefined;
    let gone = false;
    async function round() {
      if (!document.hidden) {
        const seen = await look();
        if (!gone) setHealth(seen);
      }
      if (!gone) timer = window.setTimeout(round, PERIOD);
    }
    void round();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, []);
  return health;
}
