import { clearTimeout, setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { Turns } from "../lib/auth/turns.ts";
import { LoginUnavailableError, messageOf } from "../lib/base/errors.ts";

/** What a thread answers; it does so before it reads the next order. */
export type LoginReply<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly message: string };

/** What is needed of `Worker`. */
type Thread = Pick<
  Worker,
  "on" | "off" | "ref" | "unref" | "postMessage" | "terminate"
>;

/** What threads and time are, for tests. */
export interface LoginThreadParts {
  start(module: string): Thread;
  /** Runs once after `milliseconds`; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** A name service that does not answer hangs for longer, or for ever. */
const LIMIT_MS = 10_000;

/** A thread with nothing to do is a few megabytes. */
const IDLE_MS = 60_000;

/** Threads that hang cannot be ended: with so many, no more are started. */
const MAX_STUCK = 4;

/**
 * A thread that looks at logins, which may take long; started when it is asked,
 * and ended when it has not been for a while.
 */
export class LoginThread<Order, Answer> {
  /** One thread, one password at a time: the others wait in line. */
  readonly #turns = new Turns(1);
  readonly #module: string;
  readonly #parts: LoginThreadParts;
  #thread: Thread | null = null;
  /** Those that nobody waits for any more. */
  readonly #stuck = new Set<Thread>();
  #cancelIdle = (): void => {};

  /** @param module the name of a module of this folder, without `.ts` */
  constructor(module: string, parts: LoginThreadParts = PARTS) {
    this.#module = module;
    this.#parts = parts;
  }

  /**
   * What becomes of a login; `null` when the client leaves before its turn.
   *
   * @throws {LoginUnavailableError} it takes too long
   * @throws {Error} the thread cannot do its work
   */
  ask(order: Order, signal: AbortSignal): Promise<Answer | null> {
    return this.#turns.run(() => this.#ask(order), signal);
  }

  async #ask(order: Order): Promise<Answer> {
    if (this.#stuck.size >= MAX_STUCK) throw unavailable("it does not answer");
    this.#cancelIdle();
    const thread = this.#thread ??= this.#start();
    return await new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        leave();
        reject(new Error(`Cannot ask the system for a user: ${message}`));
      };
      const onMessage = (reply: LoginReply<Answer>): void => {
        if (reply.kind === "failed") return fail(reply.message);
        leave();
        resolve(reply.answer);
      };
      const onError = (error: unknown): void => fail(messageOf(error));
      const onExit = (): void => fail("the thread has ended");
      const leave = (): void => {
        cancelLimit();
        thread.off("message", onMessage).off("error", onError)
          .off("exit", onExit);
        // An idle thread shall not keep the program alive.
        thread.unref();
        this.#cancelIdle = this.#parts.after(IDLE_MS, () => this.#end(thread));
      };
      const cancelLimit = this.#parts.after(LIMIT_MS, () => {
        leave();
        this.#abandon(thread);
        reject(unavailable(`no answer in ${LIMIT_MS / 1000} s`));
      });
      thread.on("message", onMessage).on("error", onError).on("exit", onExit);
      thread.ref();
      thread.postMessage(order);
    });
  }

  #start(): Thread {
    const thread = this.#parts.start(this.#module);
    // Whoever waits is told; the next one gets a new thread.
    const forget = (): void => {
      if (this.#thread === thread) this.#thread = null;
      this.#stuck.delete(thread);
    };
    thread.on("error", forget);
    thread.on("exit", forget);
    return thread;
  }

  /** It may yet come back; what is in C cannot be stopped before. */
  #abandon(thread: Thread): void {
    this.#cancelIdle();
    this.#thread = null;
    this.#stuck.add(thread);
    thread.on("message", () => this.#end(thread));
  }

  #end(thread: Thread): void {
    if (this.#thread === thread) this.#thread = null;
    this.#stuck.delete(thread);
    void thread.terminate();
  }
}

const PARTS: LoginThreadParts = {
  start: (module) => new Worker(addressOf(module)),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    // The thread keeps the program alive, as long as somebody waits for it.
    timer.unref();
    return () => clearTimeout(timer);
  },
};

function unavailable(why: string): LoginUnavailableError {
  return new LoginUnavailableError(
    `Cannot ask the system for a user: ${why}`,
  );
}

/** Where a module of this folder is, also inside an executable. */
function addressOf(module: string): URL {
  const { url } = import.meta;
  // There, this module is a part of the program, which lies above.
  if (/\$bunfs|~BUN/.test(url)) return new URL(`./adapters/${module}.js`, url);
  return new URL(`./${module}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
}
