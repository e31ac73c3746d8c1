import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { hashPassword } from "../../lib/auth/password.ts";
import { builtCommand, Command } from "../support/command.ts";
import { TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";

const CLIENTS = 200;
const FILE_BYTES = 96 * 1024;
/** Room for what all clients write, and some more. */
const QUOTA = 200_000_000;
/** Uploads that are complete when the server is killed. */
const ENOUGH = 300;
const HIDDEN = ".anyftpd-upload-";

let folder: TemporaryFolder;
const commands: Command[] = [];

beforeAll(() => {
  builtCommand(); // Builds for Node once, outside the time of a test.
}, 60_000);
beforeEach(() => folder = new TemporaryFolder());
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
  folder.remove();
});

function start(): Command {
  const line = "-i 127.0.0.1 -p 0 --users u.json --atomic-uploads --max-cons 0";
  const command = new Command(line.split(" "), { cwd: folder.path });
  commands.push(command);
  return command;
}

/** What a client sends as its upload of this number; no two are the same. */
function contentOf(client: number, upload: number): Buffer {
  return Buffer.alloc(FILE_BYTES, `${client}.${upload},`);
}

/** The bytes that count, hidden ones too. */
function used(): number {
  return readdirSync(folder.at("ann")).reduce(
    (sum, name) => sum + statSync(folder.at("ann", name)).size,
    0,
  );
}

test(
  "after kill -9 no file is half there, and the quota is right",
  async () => {
    mkdirSync(folder.at("ann"));
    // So that two hundred logins take no time.
    const password = await hashPassword("x", { iterations: 1 });
    const ann = {
      password,
      directory: "ann",
      permissions: "elradfmwMT",
      quota: { bytes: QUOTA },
    };
    writeFileSync(folder.at("u.json"), JSON.stringify({ users: { ann } }));
    const killed = start();
    const target = await killed.listening();

    /** By client, the last upload that was confirmed, and the one under way. */
    const confirmed = new Map<number, number>();
    const begun = new Map<number, number>();
    let complete = 0;
    const clients = await Promise.all(
      Array.from(
        { length: CLIENTS },
        () => FtpClient.login(target, "ann", "x"),
      ),
    );
    // Each replaces a file of its own again and again, until the server is gone.
    const loops = clients.map(async (client, at) => {
      try {
        for (let upload = 0;; upload++) {
          begun.set(at, upload);
          await client.store(`STOR ${at}`, contentOf(at, upload));
          confirmed.set(at, upload);
          complete++;
        }
      } catch {
        // The server was killed.
      }
    });
    await until("many are complete", () => complete >= ENOUGH, 60_000);
    killed.signal("SIGKILL");
    await killed.exit;
    await Promise.all(loops);
    for (const client of clients) client.destroy();
    expect(complete).toBeGreaterThanOrEqual(ENOUGH);

    const names = readdirSync(folder.at("ann"));
    const hidden = names.filter((name) => name.startsWith(HIDDEN));
    // It was in the middle of it.
    expect(hidden.length).toBeGreaterThan(0);
    for (const name of names) {
      if (name.startsWith(HIDDEN)) continue;
      const at = Number(name);
      const content = readFileSync(folder.at("ann", name));
      const last = confirmed.get(at) ?? -1;
      // What was confirmed, or what was under way and is whole.
      const whole = [last, begun.get(at)!].filter((upload) =>
        upload >= 0 && content.equals(contentOf(at, upload))
      );
      expect(whole.length, `file ${name} of ${content.length}`)
        .toBeGreaterThan(0);
    }
    for (const [at, upload] of confirmed) {
      expect(existsSync(folder.at("ann", String(at))), `${at}: ${upload}`)
        .toBe(true);
    }

    const client = await FtpClient.login(await start().listening(), "ann", "x");
    const listed = await client.list("NLST");
    expect(listed.filter((name) => name.startsWith(HIDDEN))).toEqual([]);
    const room = QUOTA - used();
    expect(room).toBeGreaterThan(FILE_BYTES);
    await client.store("STOR rest", Buffer.alloc(room - 1));
    await client.store("APPE rest", "1");
    const data = await client.openData();
    await client.expect("APPE rest", 125, 150);
    await data.end(Buffer.from("2"));
    expect(String((await client.reply()).lines)).toContain("Disk quota");
    data.destroy();
    expect(used()).toBe(QUOTA);
    await client.quit();
  },
  120_000,
);
