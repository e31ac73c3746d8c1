import { describe, expect, test } from "vitest";
import { readAll } from "../../adapters/memory.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { type Guarded, guarded } from "./_guarded.ts";

/** Lets listings go on only when the answer is called. */
function holdListings({ files }: Guarded): () => void {
  const gate = deferred<void>();
  const list = files.list.bind(files);
  files.list = async function* (path, options) {
    for await (const batch of list(path, options)) {
      yield batch;
      await gate.promise;
    }
  };
  return () => gate.resolve();
}

describe("a reply of many lines", () => {
  test("is not broken into by the end of a transfer", () =>
    guarded({}, async (guard) => {
      guard.files.writeFile("/f", "");
      const client = await guard.enter();
      const data = await client.passive();
      await client.command("STOR g");
      const goOn = holdListings(guard);
      await client.send("STAT /\r\n");
      await guard.settle();
      await data.closeWrite();
      await guard.settle();
      goOn();
      expect(await client.reply()).toMatch(
        /^213-Status of "\/":\n -rw.* f\n -rw.* g\n213 End of status\.$/,
      );
      expect(await client.reply()).toBe("226 Transfer complete.");
    }));

  test("is finished before the session ends by time", () =>
    guarded({ idleTimeoutMs: 1_000 }, async (guard) => {
      guard.files.writeFile("/f", "");
      const client = await guard.enter();
      const goOn = holdListings(guard);
      await client.send("STAT /\r\n");
      await guard.clock.advance(1_000);
      goOn();
      expect(await client.reply()).toMatch(/^213-.*\n.*\n213 End of status\.$/);
      expect(await client.reply()).toBe("421 Control connection timed out.");
      expect(await client.isEnded()).toBe(true);
    }));

  test("that nobody reads does not hold the server up", () =>
    guarded({ idleTimeoutMs: 1_000 }, async (guard) => {
      for (let at = 0; at < 5_000; at++) guard.files.writeFile(`/${at}`, "");
      guard.transport.window = 1_000;
      const client = await guard.enter();
      await client.send("STAT /\r\n");
      await guard.clock.advance(1_000);
      await guard.clock.advance(5_000);
      expect(guard.server.sessionCount).toBe(0);
    }));
});

test("replies to what came in one piece come in its order", () =>
  guarded({}, async ({ enter, files }) => {
    files.writeFile("/f", "");
    const client = await enter();
    await client.send("PWD\r\nSTAT /\r\nTYPE I\r\nSIZE f\r\nFOO\r\nQUIT\r\n");
    for (const code of ["257", "213", "200", "213", "500", "221"]) {
      expect((await client.reply()).slice(0, 3)).toBe(code);
    }
    expect(await client.isEnded()).toBe(true);
  }));

test("what REIN keeps from beginning is told", () =>
  guarded({}, async ({ enter, files }) => {
    files.writeFile("/f", "x");
    const client = await enter();
    expect(await client.command("RETR f")).toMatch(/^150 /);
    expect(await client.command("REIN"))
      .toBe("426 Transfer aborted; the login ended.");
    expect(await client.reply()).toBe("230 Ready for new user.");
    await client.logIn();
    const data = await client.passive();
    expect(await client.command("ABOR")).toMatch(/^225 /);
    expect(await readAll(data)).toHaveLength(0);
  }));
