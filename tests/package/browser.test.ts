import { webcrypto } from "node:crypto";
import { createContext, runInContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeProgram } from "../support/runtimes.ts";
import { Consumer, output } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer?.remove());

/** A program and all that it imports as one script for a browser. */
function bundle(source: string): string {
  const entry = consumer.write("entry.js", source);
  return output(
    runtimeProgram("bun"),
    ["build", "--target=browser", "--format=iife", entry],
    consumer.path,
  );
}

/** What a browser has beyond the language, as far as it is used. */
const WEB_GLOBALS = {
  AbortController,
  TextDecoder,
  TextEncoder,
  TransformStream,
  crypto: webcrypto,
  setTimeout,
  // The classes above make and take these, not those of the new context.
  ArrayBuffer,
  Uint8Array,
};

/** Runs a script that sets `result`, where there is no runtime. */
async function runInBrowser(script: string): Promise<unknown> {
  const context = createContext({ ...WEB_GLOBALS });
  runInContext(script, context, { timeout: 10_000 });
  return await runInContext("result", context);
}

describe.each(["core", "memory", "streams"])("anyftpd/%s", (entry) => {
  test("needs no module of a runtime in a browser", () => {
    const script = bundle(
      `import * as all from "anyftpd/${entry}"; globalThis.result = all;`,
    );
    expect(script.length).toBeGreaterThan(1000);
    expect(script).not.toMatch(/["'`]node:/);
    expect(script).not.toMatch(/\brequire\(|\bimport\(|^import\b/m);
  });

  test("loads where there is no runtime", async () => {
    const result = await runInBrowser(bundle(
      `import * as all from "anyftpd/${entry}";
       globalThis.result = Object.keys(all).length;`,
    ));
    expect(result).toBeGreaterThan(0);
  });
});

test("a server talks to a client in a browser", async () => {
  const result = await runInBrowser(bundle(`
    import { memoryServer } from "anyftpd/memory";
    async function talk() {
      const server = await memoryServer();
      server.files.writeFile("/hello.txt", "Hello");
      const client = await server.connect();
      await client.logIn();
      const { bytes, reply } = await client.download("RETR hello.txt");
      await server.server.close();
      return [new TextDecoder().decode(bytes), reply];
    }
    globalThis.result = talk();
  `));
  expect(result).toEqual(["Hello", "226 Transfer complete."]);
});

test("a session runs over web streams in a browser", async () => {
  const result = await runInBrowser(bundle(`
    import { memoryServer } from "anyftpd/memory";
    import { streamConnection } from "anyftpd/streams";
    async function talk() {
      const { server } = await memoryServer();
      const there = new TransformStream();
      const back = new TransformStream();
      const session = server.handle(streamConnection({
        readable: there.readable,
        writable: back.writable,
        local: { hostname: "192.0.2.1", port: 21 },
        remote: { hostname: "192.0.2.7", port: 49152 },
      }));
      const writer = there.writable.getWriter();
      const reader = back.readable.getReader();
      const text = async () =>
        new TextDecoder().decode((await reader.read()).value);
      const replies = [await text()];
      void writer.write(new TextEncoder().encode("QUIT\\r\\n"));
      replies.push(await text());
      await writer.close();
      await session;
      await server.close();
      return replies.map((reply) => reply.slice(0, 4));
    }
    globalThis.result = talk();
  `));
  expect(result).toEqual(["220 ", "221 "]);
});
