/** Numbers and dates as people read them. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function bytes(size: number): string {
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toFixed(unit && size < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

export const count = (value: number): string => value.toLocaleString("en");

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export const day = (iso: string): string =>
  new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
