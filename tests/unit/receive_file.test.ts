// What a FileReceiver makes of the answers of the system. Real sockets have
// tests/contract/receive_file.test.ts.

import { setImmediate } from "node:timers";
import { expect, test } from "vitest";
import { FileReceiver } from "../../adapters/_receive_file.ts";
import type { SendfileBinding } from "../../adapters/_sendfile_binding.ts";
import { TransportError } from "../../lib/base/errors.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";

const EINTR = -4;
const EAGAIN = -11;
const EINVAL = -22;
const ECONNRESET = -104;

const MOST_AHEAD = 4 * 1024 * 1024;
const MOST_TOGETHER = 2 * 1024 * 1024 * 1024;

/** Gives the answers of two lists, one after the other. */
function stage(
  from: readonly number[],
  to: readonly number[] = [],
  reads: readonly (Uint8Array | null)[] = [],
) {
  const journal: string[] = [];
  const windows: number[] = [];
  const fills = [...from];
  const drains = [...to];
  const pieces = [...reads];
  const binding: SendfileBinding = {
    sendfile: () => EINVAL,
    splice(_from, _to, offset, length) {
      const isFill = offset === null;
      journal.push(isFill ? "fill" : `drain ${offset} ${length}`);
      if (!isFill) return Math.min(drains.shift() ?? length, length);
      return fills.shift() ?? EAGAIN;
    },
    read(_descriptor, into) {
      journal.push(`empty ${into.length}`);
      // A few at a time, as a signal would have it.
      return Math.min(into.length, 3);
    },
    pipe: () => ({ from: 70, to: 71 }),
    cork: () => {},
    widen: (_socket, bytes) => windows.push(bytes),
    duplicate: (descriptor) => descriptor,
    close: (descriptor) => journal.push(`close ${descriptor}`),
  };
  const file: FileHandle = {
    fd: -1,
    size: 0,
    read: () => Promise.reject(new Error("Cannot happen")),
    write(bytes, position) {
      journal.push(`write ${bytes.length} at ${position}`);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const socket = {
    input: false,
    hasInput: () => socket.input,
    duplicate: () => 7,
    read(most: number): Promise<Uint8Array | null> {
      journal.push(`read ${most}`);
      return Promise.resolve(pieces.shift() ?? null);
    },
  };
  const receiver = new FileReceiver(binding, socket);
  return { receiver, file, socket, journal, windows };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => null, (thrown) => thrown);
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).code;
}

test("what came is moved whole, however little goes at a time", async () => {
  const { receiver, file, journal } = stage([10], [4, EINTR, 5]);
  expect(await receiver.receiveFile(file, 100)).toBe(10);
  expect(journal).toEqual([
    "fill",
    "drain 100 10",
    "drain 104 6",
    "drain 104 6",
    "drain 109 1",
  ]);
});

test("the peer may send far ahead, less when there are many", async () => {
  const stages = Array.from({ length: 1500 }, () => stage([10, 10]));
  const first = stages[0]!;
  try {
    for (const { receiver, file } of stages) {
      await receiver.receiveFile(file, 0);
    }
    await first.receiver.receiveFile(first.file, 10);
    expect(first.windows).toEqual([MOST_AHEAD]);
    const all = stages.flatMap(({ windows }) => windows);
    const together = all.reduce((sum, bytes) => sum + bytes, 0);
    expect(together).toBeLessThanOrEqual(MOST_TOGETHER);
    expect(together).toBeGreaterThan(MOST_TOGETHER * 0.9);
    // Those who come late get less, and at last nothing.
    expect(stages[299]!.windows[0]).toBeGreaterThan(MOST_AHEAD * 0.8);
    expect(stages.at(-1)?.windows).toEqual([]);
    expect(stages[899]!.windows[0]).toBeLessThan(MOST_AHEAD * 0.1);
  } finally {
    for (const { receiver } of stages) receiver.release();
  }
  const { receiver, file, windows } = stage([10]);
  await receiver.receiveFile(file, 0);
  expect(windows).toEqual([MOST_AHEAD]);
  receiver.release();
  receiver.release();
});

test("an interrupted call is made again", async () => {
  const { receiver, file } = stage([EINTR, EINTR, 8]);
  expect(await receiver.receiveFile(file, 0)).toBe(8);
});

test("with nothing there, the runtime reads a little", async () => {
  const { receiver, file, journal } = stage([EAGAIN], [], [new Uint8Array(9)]);
  expect(await receiver.receiveFile(file, 5)).toBe(9);
  // The descriptor of this file takes nothing: the file itself writes.
  expect(journal).toEqual(["fill", "read 16384", "write 9 at 5"]);
});

test("an end is told by the runtime, not by the system", async () => {
  const { receiver, file, journal } = stage([0], [], [null]);
  expect(await receiver.receiveFile(file, 5)).toBe(0);
  expect(journal).toEqual(["fill", "read 16384"]);
});

test("what the runtime holds comes first", async () => {
  const { receiver, file, socket, journal } = stage([5], [], [
    new Uint8Array(2),
  ]);
  socket.input = true;
  expect(await receiver.receiveFile(file, 0)).toBe(2);
  socket.input = false;
  expect(await receiver.receiveFile(file, 2)).toBe(5);
  expect(journal).toEqual([
    "read 16384",
    "write 2 at 0",
    "fill",
    "drain 2 5",
  ]);
});

test("a reset that only the system tells of is one", async () => {
  const { receiver, file } = stage([ECONNRESET], [], [null]);
  expect(await codeOf(receiver.receiveFile(file, 0))).toBe("reset");
});

test("what the file refuses is given to its write(), none lost", async () => {
  const { receiver, file, journal } = stage([10], [4, EINVAL]);
  expect(await receiver.receiveFile(file, 0)).toBe(10);
  expect(journal).toEqual([
    "fill",
    "drain 0 10",
    "drain 4 6",
    "empty 6",
    "empty 3",
    "write 6 at 4",
  ]);
  expect(await codeOf(receiver.receiveFile(file, 10))).toBe("unsupported");
});

test("a file without a descriptor, or that was closed, is not one", async () => {
  const { receiver, file } = stage([10]);
  const closed = { ...file, fd: undefined };
  expect(await codeOf(receiver.receiveFile(closed, 0))).toBe("unsupported");
});

test("others have a turn after every 64 KiB", async () => {
  const { receiver, file } = stage(Array(4).fill(40_000));
  const order: string[] = [];
  setImmediate(() => order.push("turn"));
  for (let at = 0; at < 160_000; at += 40_000) {
    await receiver.receiveFile(file, at);
    order.push(String(at));
  }
  expect(order).toEqual(["0", "turn", "40000", "80000", "120000"]);
});

test("release() gives the descriptor back once, and ends it", async () => {
  const { receiver, file, journal } = stage([10]);
  await receiver.receiveFile(file, 0);
  receiver.release();
  receiver.release();
  expect(journal.filter((line) => line.startsWith("close")))
    .toEqual(["close 7"]);
  expect(await codeOf(receiver.receiveFile(file, 0))).toBe("closed");
});
