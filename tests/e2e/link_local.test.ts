// Zone indices (RFC 4007): a link-local address means nothing without one.

import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { DENO_NODE_ZONE } from "../../adapters/_runtime_gaps.ts";
import { Command, commandLine } from "../support/command.ts";
import { TemporaryFolder } from "../support/files.ts";
import { run } from "../support/program.ts";

/** One of this machine, with its zone; `undefined` on machines without. */
const address =
  Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).filter((one) => /^fe[89ab]/i.test(one.address))
      .map((one) => `${one.address}%${name}`)
  )[0];

const CLIENT = fileURLToPath(
  new URL("clients/link_local.py", import.meta.url),
);

let command: Command | null = null;
let folder: TemporaryFolder;

beforeAll(() => {
  commandLine(); // Builds for Node once, outside the time of a test.
}, 60_000);

afterEach(async () => {
  await command?.close();
  folder?.remove();
});

for (const listen of [address, "::"]) {
  test.skipIf(address === undefined)(
    `files go over a link-local address when the server listens on ${listen}`,
    async () => {
      folder = new TemporaryFolder("anyftpd-link-local");
      writeFileSync(folder.at("a.txt"), "Hello");
      command = new Command(["-i", listen!, "-p", "0", folder.path]);
      const { port } = await command.listening();
      const result = await run("/usr/bin/python3", [
        CLIENT,
        address!,
        String(port),
        "a.txt",
      ]);
      expect(result.text).toBe("Hello\nHello\n\n");
    },
  );
}

test.runIf(address !== undefined && DENO_NODE_ZONE.here)(
  "listening there with TLS is refused where node:net cannot",
  async () => {
    folder = new TemporaryFolder("anyftpd-link-local");
    const args = ["--tls", "-i", address!, "-p", "0", folder.path];
    const env = { XDG_STATE_HOME: folder.path };
    command = new Command(args, { env });
    expect(await command.exit).toBe(1);
    expect(command.stderr).toContain("address not available");
  },
);
