import { describe, expect, test } from "vitest";
import { type Deferred, deferred } from "../../lib/base/deferred.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { ReplyWriter } from "../../lib/session/reply_writer.ts";
import type { Connection } from "../../lib/spi/transport.ts";
import { settle } from "./_gated_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A connection that only writes; each write waits to be ended by the test. */
function slowConnection() {
  const writes: string[] = [];
  const pending: Deferred<void>[] = [];
  let closed = false;
  const end = { hostname: "127.0.0.1", port: 1 };
  const connection: Connection = {
    local: end,
    remote: end,
    tls: null,
    read: () => Promise.resolve(null),
    write: (chunk) => {
      writes.push(new TextDecoder().decode(chunk));
      const write = deferred<void>();
      pending.push(write);
      return write.promise;
    },
    closeWrite: () => Promise.resolve(),
    close: () => {
      closed = true;
    },
  };
  return {
    connection,
    writes,
    pass: () => pending.shift()?.resolve(),
    fail: () => pending.shift()?.reject(new TransportError("reset", "gone")),
    isClosed: () => closed,
  };
}

describe("ReplyWriter", () => {
  test("keeps what is held until it is let go", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    writer.hold();
    writer.send(bytes("125 a\r\n"));
    await settle();
    expect(slow.writes).toEqual([]);
    writer.send(bytes("226 b\r\n"));
    writer.letGo();
    await settle();
    expect(slow.writes).toEqual(["125 a\r\n226 b\r\n"]);
    // Behind a write that is under way, nothing goes twice.
    writer.hold();
    writer.send(bytes("200 c\r\n"));
    writer.letGo();
    writer.letGo();
    slow.pass();
    await settle();
    expect(slow.writes.slice(1)).toEqual(["200 c\r\n"]);
    slow.pass();
    await settle();
  });

  test("flushed() lets go of what is held", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    writer.hold();
    writer.send(bytes("221 a\r\n"));
    const flushed = writer.flushed();
    await settle();
    slow.pass();
    await flushed;
    expect(slow.writes).toEqual(["221 a\r\n"]);
  });

  test("sends together what comes together", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    writer.send(bytes("220 a\r\n"));
    writer.send(bytes("331 b\r\n"));
    expect(slow.writes).toEqual([]);
    await settle();
    expect(slow.writes).toEqual(["220 a\r\n331 b\r\n"]);
    writer.send(bytes("230 c\r\n"));
    writer.send(bytes("200 d\r\n"));
    await settle();
    expect(slow.writes).toHaveLength(1);
    expect(writer.queuedBytes).toBe(28);
    slow.pass();
    await settle();
    expect(slow.writes.slice(1)).toEqual(["230 c\r\n200 d\r\n"]);
    expect(writer.queuedBytes).toBe(14);
    slow.pass();
    await settle();
    expect(writer.queuedBytes).toBe(0);
  });

  test("holds other replies back while one comes in parts", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    writer.sendPart(bytes("213-a\r\n"), false);
    writer.send(bytes("226 b\r\n"));
    await settle();
    slow.pass();
    await settle();
    expect(slow.writes).toEqual(["213-a\r\n"]);
    writer.sendPart(bytes("213 c\r\n"), true);
    await settle();
    expect(slow.writes.slice(1)).toEqual(["213 c\r\n226 b\r\n"]);
  });

  test("flushed() resolves when all is sent, at once when all is", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    await writer.flushed();
    writer.send(bytes("1"));
    let flushed = 0;
    for (const _ of [1, 2]) {
      void writer.flushed().then(() => flushed++);
    }
    await settle();
    writer.send(bytes("2"));
    slow.pass();
    await settle();
    expect(flushed).toBe(0);
    slow.pass();
    await settle();
    expect(flushed).toBe(2);
    await writer.flushed();
  });

  test("closes a connection that fails and drops what comes then", async () => {
    const slow = slowConnection();
    const writer = new ReplyWriter(slow.connection);
    writer.send(bytes("1"));
    await settle();
    writer.send(bytes("2"));
    const flushed = writer.flushed();
    slow.fail();
    await flushed;
    writer.send(bytes("3"));
    await settle();
    expect(slow.isClosed()).toBe(true);
    expect(slow.writes).toEqual(["1"]);
    expect(writer.queuedBytes).toBe(0);
    await writer.flushed();
  });

  test("a connection that throws at once has failed too", async () => {
    const slow = slowConnection();
    const connection = {
      ...slow.connection,
      write: () => {
        throw new Error("not like that");
      },
    };
    const writer = new ReplyWriter(connection);
    writer.send(bytes("1"));
    await writer.flushed();
    expect(slow.isClosed()).toBe(true);
  });
});
