// Debian's Chromium through playwright-core, which lives in a build folder and never in the source tree.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const modules = process.env.ANBAN_PAGE_MODULES ?? path.join(root, "build/dev/page/node_modules");
const chromium_path = process.env.ANBAN_CHROMIUM ?? "/usr/bin/chromium";

export const missing = !existsSync(path.join(modules, "playwright-core"))
  ? `playwright-core is not in ${modules}; run once: tests/npm.sh tests/acceptance/page ${path.dirname(modules)}`
  : !existsSync(chromium_path)
    ? `${chromium_path} is missing; run once: apt-get install chromium fonts-noto-cjk`
    : null;

// `sound: false` leaves the browser's own rule in force that a page is silent until it is touched.
export async function launch({ sound = true } = {}) {
  if (missing) throw new Error(missing);
  const { chromium } = createRequire(path.join(modules, "x.js"))("playwright-core");
  return chromium.launch({
    executablePath: chromium_path,
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
      ...(sound ? ["--autoplay-policy=no-user-gesture-required"] : ["--autoplay-policy=document-user-activation-required"]),
    ],
  });
}
