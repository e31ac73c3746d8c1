import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { run } from "../support/program.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";

const here = (name: string): string =>
  fileURLToPath(new URL(`clients/${name}`, import.meta.url));

let folder: string;
let content: Buffer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "anyftpd-ftps-"));
  content = Buffer.from(
    Array.from({ length: 1_500_000 }, (_, at) => (at * 7 + (at >> 9)) & 0xff),
  );
  writeFileSync(join(folder, "a.bin"), content);
  execFileSync("openssl", [
    ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(
      " ",
    ),
    "-keyout",
    join(folder, "key.pem"),
    "-out",
    join(folder, "cert.pem"),
  ], { stdio: "ignore" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server with TLS, in a process of the runtime under test. */
async function served(
  policy: "allowed" | "required",
  body: (explicit: number, implicit: number) => Promise<void>,
): Promise<void> {
  const { program, parameters, adapter } = runtimeCommand(serverKind());
  const child = spawn(program, [
    ...parameters,
    here("serve_tls.mjs"),
    adapter,
    folder,
    folder,
    policy,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [explicit, implicit] = line.split(" ").map(Number);
      await body(explicit!, implicit!);
      break;
    }
  } finally {
    child.stdin.end();
    await ended;
  }
}

describe("FTPS", () => {
  test(
    "python's ftplib moves files, TLS 1.2 and 1.3, both modes",
    () =>
      served("required", async (port) => {
        const { stdout } = await run("/usr/bin/python3", [
          here("ftps_client.py"),
          String(port),
          join(folder, "a.bin"),
          "b.bin",
        ]);
        expect(String(stdout).trim().split("\n")).toHaveLength(4);
        expect(readFileSync(join(folder, "b.bin")).equals(content)).toBe(true);
      }),
    60_000,
  );

  test(
    "curl downloads by explicit and by implicit TLS",
    () =>
      served("required", async (explicit, implicit) => {
        const login = ["-s", "-k", "-u", "user:pass"];
        for (
          const url of [
            ["--ssl-reqd", `ftp://127.0.0.1:${explicit}/a.bin`],
            [`ftps://127.0.0.1:${implicit}/a.bin`],
          ]
        ) {
          const to = join(folder, "down.bin");
          await run("curl", [...login, ...url, "-o", to]);
          expect(readFileSync(to).equals(content)).toBe(true);
        }
      }),
    60_000,
  );

  test(
    "D2: clear text behind AUTH TLS is never executed",
    () =>
      served("allowed", async (port) => {
        const answers = await new Promise<string>((resolve) => {
          let text = "";
          const socket = connect(port, "127.0.0.1");
          socket.on("data", (chunk) => {
            if (text === "") socket.write("AUTH TLS\r\nUSER injected\r\n");
            text += String(chunk);
          });
          socket.on("error", () => {});
          socket.on("close", () => resolve(text));
        });
        expect(answers).toMatch(/^220 [^\r]*\r\n$/);
      }),
    30_000,
  );

  test(
    "nobody logs in without TLS where it is required",
    () =>
      served("required", async (port) => {
        const client = await FtpClient.connect({ hostname: "127.0.0.1", port });
        await client.expect(null, 220);
        await client.expect("USER user", 550);
        await client.expect("PBSZ 0", 503);
        const features = await client.cmd("FEAT");
        expect(features.raw).toContain("AUTH TLS");
        await client.quit();
      }),
    30_000,
  );
});
