import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Command } from "../support/command.ts";
import { requireProgram, run } from "../support/program.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";
import {
  NO_SYSTEM_USERS,
  SystemUsersFixture,
} from "../support/system_users.ts";

const title = NO_SYSTEM_USERS === null
  ? "anyftpd --system-users"
  : `anyftpd --system-users (left out: ${NO_SYSTEM_USERS})`;

describe.skipIf(NO_SYSTEM_USERS !== null)(title, () => {
  let system: SystemUsersFixture;
  let ann: string;
  let bob: string;
  let curl: string;

  beforeAll(() => {
    curl = requireProgram("curl", "curl");
    system = new SystemUsersFixture();
    ann = system.user({ name: "ann", password: "of ann" });
    bob = system.user({ name: "bob", password: "of bob" });
  }, 60_000);

  afterAll(() => system?.[Symbol.dispose]());

  function start(...args: string[]): Command {
    const { program, parameters, adapter } = runtimeCommand(serverKind());
    const command = join(
      dirname(adapter),
      adapter.endsWith(".ts") ? "../cli.ts" : "../cli.js",
    );
    return new Command(["-i", "127.0.0.1", "-p", "0", ...args], {
      program: [program, ...parameters, command],
    });
  }

  test.each([
    ["in one process", []],
    ["in several", ["--concurrency", "multi-proc", "--workers", "2"]],
  ])("serves curl and lftp, %s", async (_, options) => {
    const command = start(
      "--system-users",
      "-w",
      "--atomic-uploads",
      ...options,
    );
    try {
      const { port } = await command.listening();
      for (const user of [ann, bob]) {
        const home = `/home/${user}`;
        writeFileSync(`${home}/in.txt`, `for ${user}`);
        const access = [
          "--silent",
          "--user",
          `${user}:of ${user === ann ? "ann" : "bob"}`,
        ];
        const base = `ftp://127.0.0.1:${port}`;
        const got = await run(curl, [...access, `${base}/in.txt`]);
        expect(String(got.stdout)).toBe(`for ${user}`);
        const put = await run(curl, [
          ...access,
          "--ftp-create-dirs",
          "--upload-file",
          "-",
          `${base}/new/out.txt`,
        ], { input: `from ${user}` });
        expect(put.code, put.text).toBe(0);
        expect(readFileSync(`${home}/new/out.txt`, "utf8")).toBe(
          `from ${user}`,
        );
        const { uid, gid } = statSync(home);
        expect(statSync(`${home}/new/out.txt`)).toMatchObject({ uid, gid });
        expect(statSync(`${home}/new`)).toMatchObject({ uid, gid });
        // In several processes, one user's files are nothing to the other.
        const other = user === ann ? bob : ann;
        const not = await run(curl, [
          ...access,
          `${base}//home/${other}/in.txt`,
        ]);
        expect(not.code).not.toBe(0);
      }
      const lftp = await run(requireProgram("lftp", "lftp"), [
        "-c",
        `set ftp:ssl-allow no; open -u "${ann},of ann" 127.0.0.1:${port}; ls -a`,
      ]);
      expect(lftp.text).toMatch(new RegExp(`${ann}\\s+${ann} .* new`));
      command.signal("SIGINT");
      expect(await command.exit).toBe(0);
    } finally {
      await command.close();
    }
  }, 40_000);

  test.skipIf(serverKind() !== "bun")(
    "works in one file without a runtime (made by bun)",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "anyftpd-executable-"));
      const script = fileURLToPath(
        new URL("../../scripts/compile.mjs", import.meta.url),
      );
      const compiled = await run("node", [script, "--outdir", folder]);
      expect(compiled.code, compiled.text).toBe(0);
      const command = new Command(
        ["-i", "127.0.0.1", "-p", "0", "--system-users"],
        { program: [join(folder, "anyftpd")], cwd: folder },
      );
      try {
        const { port } = await command.listening();
        writeFileSync(`/home/${ann}/one.txt`, "one");
        const url = `ftp://127.0.0.1:${port}/one.txt`;
        const login = ["--silent", "--user", `${ann}:of ann`];
        expect(String((await run(curl, [...login, url])).stdout)).toBe("one");
        const wrong = ["--silent", "--user", `${ann}:of bob`];
        expect((await run(curl, [...wrong, url])).code).toBe(67);
      } finally {
        await command.close();
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );

  test("refuses a user who does not exist, in one line", async () => {
    const command = start("--system-users", "--allow-users", "no-such-user");
    expect(await command.exit).toBe(2);
    expect(command.stderr).toBe(
      "anyftpd: error: Cannot use the users of the system: " +
        'unknown user "no-such-user"\n',
    );
  });
});
