import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { FakeClock, settle } from "../../adapters/_fake_clock.ts";
import { LoginThread } from "../../adapters/_login_thread.ts";
import { LoginUnavailableError } from "../../lib/base/errors.ts";

const SIGNAL = new AbortController().signal;

/** Answers a text with itself in capitals, unless it hangs. */
class FakeThread extends EventEmitter {
  hangs = false;
  isEnded = false;
  keepsAlive = true;
  late = "";

  ref(): void {
    this.keepsAlive = true;
  }

  unref(): void {
    this.keepsAlive = false;
  }

  postMessage(text: string): void {
    const answer = text.toUpperCase();
    if (this.hangs) this.late = answer;
    else queueMicrotask(() => this.answer(answer));
  }

  answer(answer: string): void {
    this.emit("message", { kind: "answer", answer });
  }

  terminate(): Promise<number> {
    this.isEnded = true;
    this.emit("exit", 1);
    return Promise.resolve(1);
  }
}

function make() {
  const clock = new FakeClock();
  const threads: FakeThread[] = [];
  let hangs = false;
  const logins = new LoginThread<string, string>("_none", {
    start() {
      const thread = new FakeThread();
      thread.hangs = hangs;
      threads.push(thread);
      return thread as never;
    },
    after: (milliseconds, run) => clock.after(milliseconds, run),
  });
  return {
    clock,
    threads,
    ask: (text: string) => logins.ask(text, SIGNAL),
    hang: (how: boolean) => void (hangs = how),
  };
}

test("a thread is ended when it was idle for a minute", async () => {
  const { clock, threads, ask } = make();
  expect(await ask("a")).toBe("A");
  await clock.advance(59_999);
  expect(await ask("b")).toBe("B");
  await clock.advance(59_999);
  expect(threads.map(({ isEnded }) => isEnded)).toEqual([false]);
  expect(threads[0]!.keepsAlive).toBe(false);
  await clock.advance(1);
  expect(threads.map(({ isEnded }) => isEnded)).toEqual([true]);
  expect(clock.pending).toBe(0);
  expect(await ask("c")).toBe("C");
  expect(threads).toHaveLength(2);
});

test("a login that hangs cannot be told, and the next has its own thread", async () => {
  const { clock, threads, ask, hang } = make();
  hang(true);
  const first = ask("a").catch((error: unknown) => error);
  const second = ask("b");
  await settle();
  hang(false);
  await clock.advance(9_999);
  expect(threads).toHaveLength(1);
  await clock.advance(1);
  expect(await first).toEqual(
    new LoginUnavailableError(
      "Cannot ask the system for a user: no answer in 10 s",
    ),
  );
  expect(await second).toBe("B");
  expect(threads).toHaveLength(2);
  // What comes too late is nobody's answer, and the end of the thread.
  expect(threads[0]!.isEnded).toBe(false);
  threads[0]!.answer(threads[0]!.late);
  expect(threads[0]!.isEnded).toBe(true);
  expect(await ask("c")).toBe("C");
});

test("no more threads than a few hang at the same time", async () => {
  const { clock, threads, ask, hang } = make();
  hang(true);
  const asked = ["a", "b", "c", "d", "e", "f"].map((text) =>
    ask(text).catch((error: Error) => error.message)
  );
  for (let count = 0; count < 4; count++) {
    await settle();
    await clock.advance(10_000);
  }
  const hung = "Cannot ask the system for a user: no answer in 10 s";
  const refused = "Cannot ask the system for a user: it does not answer";
  expect(await Promise.all(asked))
    .toEqual([hung, hung, hung, hung, refused, refused]);
  expect(threads).toHaveLength(4);
  hang(false);
  threads[0]!.answer("late");
  expect(await ask("g")).toBe("G");
});
