import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dial, shareOverUnixSockets } from "../../examples/unix_sockets.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "anyftpd-tunnel-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A control dialogue over any socket. */
function dialogue(socket: Socket): (line?: string) => Promise<string> {
  let text = "";
  const wakers: (() => void)[] = [];
  socket.on("data", (chunk) => {
    text += String(chunk);
    for (const wake of wakers.splice(0)) wake();
  });
  return async (line) => {
    if (line !== undefined) socket.write(`${line}\r\n`);
    while (!text.includes("\r\n")) {
      await new Promise<void>((resolve) => wakers.push(resolve));
    }
    const end = text.indexOf("\r\n");
    const reply = text.slice(0, end);
    text = text.slice(end + 2);
    return reply;
  };
}

function portOf(reply: string): string {
  return /\|\|\|(\d+)\|/.exec(reply)?.[1] ?? "";
}

function readToEnd(socket: Socket): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    socket.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks)));
    socket.on("error", reject);
  });
}

test("control and data connections run over Unix sockets", async () => {
  const content = new Uint8Array(3_000_000).map((_, at) => at * 7 + (at >> 9));
  writeFileSync(join(folder, "a.bin"), content);
  const sockets = join(folder, "sockets");
  await using _server = await shareOverUnixSockets(folder, sockets);
  const control = await dial(join(sockets, "21"));
  const command = dialogue(control);
  expect(await command()).toMatch(/^220 /);
  expect(await command("USER anonymous")).toMatch(/^331 /);
  expect(await command("PASS x")).toMatch(/^230 /);
  expect(await command("TYPE I")).toMatch(/^200 /);

  const down = await dial(join(sockets, portOf(await command("EPSV"))));
  const bytes = readToEnd(down);
  expect(await command("RETR a.bin")).toMatch(/^1/);
  expect(Buffer.compare(await bytes, content)).toBe(0);
  expect(await command()).toMatch(/^226 /);
  down.destroy();

  const up = await dial(join(sockets, portOf(await command("EPSV"))));
  expect(await command("STOR b.bin")).toMatch(/^1/);
  up.end(content);
  expect(await command()).toMatch(/^226 /);
  up.destroy();
  expect(Buffer.compare(readFileSync(join(folder, "b.bin")), content)).toBe(0);

  expect(await command("QUIT")).toMatch(/^221 /);
  control.destroy();
});
