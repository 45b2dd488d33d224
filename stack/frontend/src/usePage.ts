import { useCallback, useEffect, useState } from "react";
import { get, type Page } from "./api";

interface Listing<T> {
  rows: T[];
  total: number;
  error: string;
  loading: boolean;
  more: (() => void) | null;
}

/**
 * The rows of a list, page by page. It starts anew when the path changes, or `version`, which
 * stands for the state of the data: after a restore the lists show what came back.
 */
export function usePage<T>(path: string, limit: number, version: string): Listing<T> {
  const [rows, setRows] = useState<T[]>([]);
  const [total, setTotal] = useState(0);
  const [error, setError] = useState("");
  const [loading, setLoading] = useState(true);

  const load = useCallback(
    async (offset: number, current: () => boolean) => {
      setLoading(true);
      const separator = path.includes("?") ? "&" : "?";
      try {
        const page = await get<Page<T>>(`${path}${separator}limit=${limit}&offset=${offset}`);
        if (!current()) return;
        setRows((before) => (offset ? [...before, ...page.results] : page.results));
        setTotal(page.count);
        setError("");
      } catch (reason) {
        if (current()) setError((reason as Error).message);
      }
      if (current()) setLoading(false);
    },
    [path, limit],
  );

  useEffect(() => {
    let gone = false;
    void load(0, () => !gone);
    return () => {
      gone = true;
    };
  }, [load, version]);

  const more = rows.length < total && !loading ? () => void load(rows.length, () => true) : null;
  return { rows, total, error, loading, more };
}
