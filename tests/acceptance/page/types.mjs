// The type check of the page, with the compiler that tests/npm.sh installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = process.env.ANBAN_PAGE_MODULES ?? path.join(here, "../../../build/dev/page/node_modules");
const compiler = path.join(modules, "typescript/bin/tsc");
if (!existsSync(compiler)) {
  console.error(`${compiler} is missing; run once: tests/npm.sh tests/acceptance/page ${path.dirname(modules)}`);
  process.exit(1);
}
process.exit(spawnSync(process.execPath, [compiler, "--noEmit", "-p", here], { stdio: "inherit" }).status ?? 1);
