// deno-lint-ignore-file explicit-module-boundary-types -- JavaScript
// What the workers of a pool serve. `data` is the adapter's path, the folder
// and further options. `waits` and `refuses` are numbers of workers that wait
// for the file `gate`, or want none of it.
import { existsSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

export default async function options(
  { adapter, directory, gate, waits = [], refuses = [], ...rest },
  log,
) {
  if (rest.fails) throw new Error("the module does not want to");
  if (refuses.includes(process.pid)) throw new Error("not with this worker");
  while (waits.includes(process.pid) && !existsSync(gate)) await sleep(10);
  const { localFileSystem, MemoryAuthorizer, reply } = await import(
    pathToFileURL(adapter).href
  );
  const authorizer = new MemoryAuthorizer();
  const rate = 2_000_000;
  const users = {
    user: {},
    few: { sessions: 2 },
    slow: { downloadRate: rate, uploadRate: rate },
  };
  for (const [username, limits] of Object.entries(users)) {
    authorizer.addUser({
      username,
      password: "pass",
      fileSystem: localFileSystem(directory),
      permissions: "elradfmwMT",
      limits,
    });
  }
  const command = (run) => ({
    argument: "none",
    login: "needed",
    help: "",
    run,
  });
  return {
    authorizer,
    banner: `pid ${process.pid}`,
    failedLoginDelayMs: 0,
    commands: {
      "SITE CRASH": command(() => process.kill(process.pid, "SIGKILL")),
      "SITE THROW": command(() => {
        setTimeout(() => {
          throw new Error("nobody catches this");
        });
        return reply(200, "Soon.");
      }),
      "SITE CHATTER": command(() => {
        const record = { level: "info", time: 0, message: "chatter" };
        setInterval(() => log(record), 1);
        return reply(200, "Chattering.");
      }),
      "SITE BLOCK": command(() => {
        const end = performance.now() + 2_000;
        while (performance.now() < end);
        return reply(200, "Blocked for a while.");
      }),
    },
    ...rest,
  };
}
