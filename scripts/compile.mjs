// Makes the command one file that needs no runtime installed:
//
//   node scripts/compile.mjs [--outdir FOLDER] [TARGET...]
//
// A target is what `bun build --compile --target` takes, such as
// `bun-linux-arm64`, and is downloaded by Bun; without any it is this machine.
// Without a folder it is `dist-bin`.
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MIB = 1024 * 1024;

/** Modules that run in threads of their own: see `LoginThread`. */
const THREADS = [
  "_crypt_thread",
  "_unix_login_thread",
  "_windows_login_thread",
];

const { values, positionals: targets } = parseArgs({
  options: { outdir: { type: "string", default: join(ROOT, "dist-bin") } },
  allowPositionals: true,
});
mkdirSync(values.outdir, { recursive: true });
for (const target of targets.length === 0 ? [null] : targets) {
  const name = target === null ? "anyftpd" : `anyftpd-${target.slice(4)}`;
  const path = join(values.outdir, name);
  const { status } = spawnSync(join(ROOT, "node_modules", ".bin", "bun"), [
    "build",
    "--compile",
    // What lies in the folder that is shared must not change the program.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...(target === null ? [] : [`--target=${target}`]),
    `--outfile=${path}`,
    join(ROOT, "cli.ts"),
    ...THREADS.map((name) => join(ROOT, "adapters", `${name}.ts`)),
  ], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(1);
  const size = (statSync(path).size / MIB).toFixed(0);
  process.stdout.write(`${relative(ROOT, path)}: ${size} MiB\n`);
}
