// The command, which throws what nobody catches when it gets SIGUSR2.
//
// Parameters: the folder of its files, their extension, then its own.
import process from "node:process";

const [root, extension, ...args] = process.argv.slice(2);

process.on("SIGUSR2", () => {
  setTimeout(() => {
    throw new Error("nobody catches this");
  }, 0);
});

async function run() {
  const load = (name) => import(new URL(`${name}.${extension}`, root).href);
  const { cliHost, flushOutputs } = await load("adapters/_cli_io");
  const { loadAdapter } = await load("adapters/_runtime");
  const { main } = await load("lib/cli/main");
  const host = cliHost(await loadAdapter());
  const code = await main(args, host);
  await flushOutputs();
  process.exit(code);
}

// Not awaited: Bun goes on after a crash while it still loads a module.
void run();
