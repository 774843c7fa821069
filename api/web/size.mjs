// What a browser must fetch, gzipped, against what we allow it to be. Run after a build.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KB = 1024;
const BUDGETS = { shell: 90 * KB, map: 260 * KB };
const folder = new URL("./dist/assets/", import.meta.url);
const page = readFileSync(new URL("./dist/index.html", import.meta.url), "utf8");
const sizes = { shell: gzipSync(page).length, map: 0 };

for (const name of readdirSync(folder)) {
  if (!/\.(js|css)$/.test(name)) continue;
  sizes[page.includes(name) ? "shell" : "map"] += gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
}
for (const [name, bytes] of Object.entries(sizes)) {
  const over = bytes > BUDGETS[name];
  console.log(`${name.padEnd(6)} ${(bytes / KB).toFixed(1)} KB of ${BUDGETS[name] / KB} KB${over ? "  TOO BIG" : ""}`);
  if (over) process.exitCode = 1;
}
