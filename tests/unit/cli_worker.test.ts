import { expect, test } from "vitest";
import { hashPassword } from "../../lib/auth/password.ts";
import type { CliHost } from "../../lib/cli/host.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { workerOptions } from "../../lib/cli/worker.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { LogRecord } from "../../lib/spi/log.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

/** Not a class, so that it can be spread. */
function plain(host: FakeCliHost): CliHost {
  const names = Object.getOwnPropertyNames(FakeCliHost.prototype);
  const members = names.map((name) => {
    const member: unknown = host[name as keyof FakeCliHost];
    return [name, typeof member === "function" ? member.bind(host) : member];
  });
  return { ...host, ...Object.fromEntries(members) };
}

test("a worker tells its parent what its authorizer logs", async () => {
  const host = new FakeCliHost();
  host.folders.set("/srv", new MemoryFileSystem());
  const password = await hashPassword("secret", { iterations: 10 });
  const set = (ann: object): void => {
    const users = {
      ann: { password, ...ann },
      bob: { password, directory: "nowhere" },
    };
    host.textFiles.set("users.json", JSON.stringify({ users }));
  };
  const records: LogRecord[] = [];
  const parsed = parseCommandLineOptions(["--users", "users.json"]);
  if (parsed.kind !== "serve") throw new Error("nothing is served");
  set({ enabled: false });
  const order = { options: parsed.options, password: "", cwd: "/srv" };
  const { authorizer } = await workerOptions(
    order,
    plain(host),
    (record) => records.push(record),
  );
  // The parent has warned of bob, who has no folder.
  expect(records).toEqual([]);
  const login = () =>
    authorizer.authenticate({
      username: "ann",
      password: "secret",
      remote: { hostname: "192.0.2.1", port: 1 },
      local: { hostname: "192.0.2.2", port: 21 },
      secure: false,
      peerCertificate: null,
    }, new AbortController().signal);
  expect(await login()).toBe(null);
  host.textFiles.set("users.json", "{}");
  expect(await login()).toBe(null);
  expect(records).toEqual([
    {
      level: "info",
      time: host.clock.wallTime(),
      message: 'refused user "ann" from 192.0.2.1: the user is disabled',
    },
    {
      level: "error",
      time: host.clock.wallTime(),
      message: "Cannot use the users file: users: is missing; " +
        "the last good users serve on",
    },
    expect.objectContaining({ message: expect.stringContaining("disabled") }),
  ]);
});
