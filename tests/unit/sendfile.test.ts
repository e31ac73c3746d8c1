// What a FileSender makes of the answers of the system. Real sockets have
// tests/contract/sendfile.test.ts.

import { setImmediate } from "node:timers";
import { expect, test } from "vitest";
import { FileSender } from "../../adapters/_sendfile.ts";
import type { SendfileBinding } from "../../adapters/_sendfile_binding.ts";
import { TransportError } from "../../lib/base/errors.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";

const EINTR = -4;
const EBADF = -9;
const EAGAIN = -11;
const EINVAL = -22;
const EPIPE = -32;

const SIZE = 100_000;

/** A sender whose system gives the answers of a list, one after the other. */
function stage(answers: readonly number[], duplicate = 7, size = SIZE) {
  const journal: string[] = [];
  const left = [...answers];
  const binding: SendfileBinding = {
    sendfile(socket, file, offset, length) {
      journal.push(`sendfile ${socket} ${file} ${offset}`);
      return Math.min(left.shift() ?? EAGAIN, length);
    },
    splice: () => -EINVAL,
    read: () => -EINVAL,
    pipe: () => -EINVAL,
    widen: () => {},
    cork: (socket, on) => journal.push(`cork ${socket} ${on}`),
    duplicate: (descriptor) => descriptor,
    close: (descriptor) => journal.push(`close ${descriptor}`),
  };
  const file: FileHandle = {
    // Not one that can be read from.
    fd: -5,
    size,
    read(into, position) {
      journal.push(`read ${position}`);
      return Promise.resolve(Math.min(into.length, size - position));
    },
    write: () => Promise.reject(new Error("Cannot happen")),
    close: () => Promise.resolve(),
  };
  const socket = {
    isBusy: () => false,
    duplicate: () => duplicate,
    write(bytes: Uint8Array): Promise<void> {
      journal.push(`write ${bytes.length}`);
      return Promise.resolve();
    },
  };
  const sender = new FileSender(binding, socket);
  return { sender, file, socket, binding, journal };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => null, (thrown) => thrown);
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).code;
}

test("what the system takes is what was sent", async () => {
  const { sender, file, journal } = stage([1000, 1, 0]);
  expect(await sender.sendFile(file, 10, SIZE)).toBe(1000);
  expect(await sender.sendFile(file, 1010, SIZE)).toBe(1);
  expect(await sender.sendFile(file, 1011, SIZE)).toBe(0);
  expect(journal).toEqual([
    "sendfile 7 -5 10",
    "sendfile 7 -5 1010",
    "sendfile 7 -5 1011",
  ]);
});

test("no more is sent than was asked for", async () => {
  const { sender, file, journal } = stage([SIZE, EAGAIN]);
  expect(await sender.sendFile(file, 0, 5)).toBe(5);
  expect(await sender.sendFile(file, 5, 6)).toBe(6);
  expect(await sender.sendFile(file, 11, 0)).toBe(0);
  expect(journal.filter((line) => line.startsWith("write")))
    .toEqual(["write 6"]);
});

test("a call that is interrupted is made again", async () => {
  const { sender, file } = stage([EINTR, EINTR, 30]);
  expect(await sender.sendFile(file, 0, SIZE)).toBe(30);
});

test("a full socket is left to the runtime, for the next bytes", async () => {
  const { sender, file, journal } = stage([EAGAIN, 5]);
  const sent = await sender.sendFile(file, 100, SIZE);
  expect(sent).toBeGreaterThan(0);
  expect(journal).toEqual(["sendfile 7 -5 100", "read 100", `write ${sent}`]);
  expect(await sender.sendFile(file, 100 + sent, SIZE)).toBe(5);
});

const LARGE = 1024 * 1024;

/** What became of the cork. */
function corks(journal: readonly string[]): readonly string[] {
  return journal.filter((line) => line.startsWith("cork"));
}

test("packets of a large file wait until they are full", async () => {
  const { sender, file, journal } = stage(Array(10).fill(LARGE), 7, LARGE);
  let at = 0;
  while (at < LARGE) at += await sender.sendFile(file, at, LARGE);
  expect(journal[0]).toBe("cork 7 true");
  expect(corks(journal)).toEqual(["cork 7 true"]);
});

test("packets of a small file do not", async () => {
  const { sender, file, journal } = stage([5, 5]);
  await sender.sendFile(file, 0, LARGE);
  expect(corks(journal)).toEqual([]);
});

test("packets wait again after the runtime has written", async () => {
  const { sender, file, journal } = stage([5, EAGAIN, 5, 5], 7, LARGE);
  let at = 0;
  for (let i = 0; i < 4; i++) at += await sender.sendFile(file, at, LARGE);
  expect(corks(journal)).toEqual(["cork 7 true", "cork 7 true"]);
});

test("packets of who is throttled do not wait", async () => {
  const { sender, file, journal } = stage([5, 5, 5], 7, LARGE);
  await sender.sendFile(file, 0, LARGE);
  await sender.sendFile(file, 5, 1000);
  await sender.sendFile(file, 10, 1000);
  expect(corks(journal)).toEqual(["cork 7 true", "cork 7 false"]);
});

test("a socket whose own queue is not empty waits for it", async () => {
  const { sender, file, socket, journal } = stage([5]);
  socket.isBusy = () => true;
  await sender.sendFile(file, 0, 4);
  expect(journal).toEqual(["read 0", "write 4"]);
});

test("the runtime says what is wrong with a broken socket", async () => {
  for (const [answer, duplicate] of [[EPIPE, 7], [5, EPIPE]] as const) {
    const { sender, file, socket } = stage([answer], duplicate);
    socket.write = () => Promise.reject(new TransportError("reset", "Gone"));
    expect(await codeOf(sender.sendFile(file, 0, SIZE))).toBe("reset");
  }
});

test("other errors are for whoever can copy", async () => {
  for (const answer of [EINVAL, EBADF]) {
    const { sender, file, journal } = stage([answer]);
    expect(await codeOf(sender.sendFile(file, 0, SIZE))).toBe("unsupported");
    expect(journal).toEqual(["sendfile 7 -5 0"]);
  }
  const { sender, file } = stage([5], EBADF);
  expect(await codeOf(sender.sendFile(file, 0, SIZE))).toBe("unsupported");
  const { fd: _, ...plain } = file;
  expect(await codeOf(stage([]).sender.sendFile(plain, 0, SIZE)))
    .toBe("unsupported");
});

test("release() closes the descriptor once, and nothing is sent", async () => {
  const { sender, file, journal } = stage([5, 5]);
  await sender.sendFile(file, 0, SIZE);
  sender.release();
  sender.release();
  expect(await codeOf(sender.sendFile(file, 5, SIZE))).toBe("closed");
  expect(journal).toEqual(["sendfile 7 -5 0", "close 7"]);
});

test("release() without a descriptor closes none", () => {
  const { sender, journal } = stage([]);
  sender.release();
  expect(journal).toEqual([]);
});

test("release() at any point ends what is under way", async () => {
  for (const answer of [SIZE, EAGAIN]) {
    const { sender, file, journal } = stage([answer]);
    const code = codeOf(sender.sendFile(file, 0, SIZE));
    sender.release();
    expect(await code).toBe("closed");
    expect(journal.filter((line) => line.startsWith("write"))).toEqual([]);
  }
});

test("others have their turn after each large piece", async () => {
  for (const [piece, turns] of [[SIZE, 10], [1000, 0]] as const) {
    const { sender, file } = stage(Array.from({ length: 10 }, () => piece));
    let others = 0;
    let goesOn = true;
    const tick = (): void => {
      others++;
      if (goesOn) setImmediate(tick);
    };
    setImmediate(tick);
    for (let call = 0; call < 10; call++) await sender.sendFile(file, 0, SIZE);
    goesOn = false;
    expect(Math.abs(others - turns)).toBeLessThanOrEqual(1);
  }
});

test("two calls at once are a mistake", async () => {
  const { sender, file } = stage([SIZE, 5]);
  const first = sender.sendFile(file, 0, SIZE);
  expect(await codeOf(sender.sendFile(file, 5, SIZE))).toBe("other");
  expect(await first).toBe(SIZE);
});

test("a file that is slow to read is copied for a while", async () => {
  const { sender, file, binding, journal } = stage([]);
  const { sendfile } = binding;
  binding.sendfile = (...args) => {
    const until = performance.now() + 20;
    while (performance.now() < until);
    sendfile(...args);
    return 10;
  };
  expect(await sender.sendFile(file, 0, SIZE)).toBe(10);
  expect(await sender.sendFile(file, 10, SIZE)).toBe(SIZE - 10);
  expect(journal).toEqual(["sendfile 7 -5 0", "read 10", "write 99990"]);
});
