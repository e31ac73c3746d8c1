import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";

test("a server takes over a socket that another program opened", async () => {
  const folder = mkdtempSync(join(tmpdir(), "anyftpd-descriptor-"));
  writeFileSync(join(folder, "a.txt"), "Hello");
  const here = (name: string): string =>
    fileURLToPath(new URL(`clients/${name}`, import.meta.url));
  const { program, parameters, adapter } = runtimeCommand(serverKind());
  const child = spawn("/usr/bin/python3", [
    here("inherit_socket.py"),
    program,
    ...parameters,
    here("serve_descriptor.mjs"),
    adapter,
    folder,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const ports: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      ports.push(Number(line));
      if (ports.length === 2) break;
    }
    // The port that Python bound is the one that the server tells.
    expect(ports[1]).toBe(ports[0]);
    const target = { hostname: "127.0.0.1", port: ports[0]! };
    const client = await FtpClient.login(target, "anonymous", "x");
    expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
    await client.quit();
  } finally {
    child.stdin.end();
    await new Promise((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
});
