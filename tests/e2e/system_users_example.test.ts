import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";
import {
  NO_SYSTEM_USERS,
  SystemUsersFixture,
} from "../support/system_users.ts";

/** From Node 22.18 on. */
const { typescript } = process.features as { readonly typescript?: unknown };

const reason = serverKind() === "node" && !typescript
  ? "the first releases of Node do not read TypeScript"
  : NO_SYSTEM_USERS;

test.skipIf(reason !== null)(
  `examples/unix_users.ts serves users (left out if: ${reason})`,
  async () => {
    using system = new SystemUsersFixture();
    const ann = system.user({ name: "ann", password: "secret" });
    const bob = system.user({ name: "bob", password: "secret" });
    const { program, parameters } = runtimeCommand(serverKind());
    const path = fileURLToPath(
      new URL("../../examples/unix_users.ts", import.meta.url),
    );
    const child = spawn(program, [...parameters, path, "0", bob], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const url = await new Promise<string>((resolve) => {
        createInterface({ input: child.stdout }).once("line", resolve);
      });
      const server = {
        hostname: "127.0.0.1",
        port: Number(new URL(url).port),
      };
      const client = await FtpClient.login(server, ann, "secret");
      await client.store("STOR a.txt", "a");
      expect(await client.list("NLST")).toContain("a.txt");
      await client.quit();
      await expect(FtpClient.login(server, bob, "secret")).rejects.toThrow(
        /PASS.*530/,
      );
    } finally {
      child.kill();
      await new Promise((resolve) => child.once("exit", resolve));
    }
  },
  40_000,
);
