// Exit 0 when node_modules holds every package of package-lock.json in the locked version, 1 otherwise.
// Packages marked optional belong to other platforms, or were skipped by npm on purpose.
import { readFileSync } from "node:fs";

function versionOf(directory) {
  try {
    return JSON.parse(readFileSync(`${directory}/package.json`, "utf8")).version;
  } catch {
    return undefined;
  }
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const wrong = Object.entries(packages).filter(
  ([directory, locked]) => directory && !locked.optional && versionOf(directory) !== locked.version,
);
process.exitCode = wrong.length ? 1 : 0;
