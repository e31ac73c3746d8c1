import { Worker } from "node:worker_threads";
import { Turns } from "../lib/auth/turns.ts";
import { messageOf } from "../lib/base/errors.ts";

/** What a thread answers; it does so before it reads the next order. */
export type LoginReply<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly message: string };

/**
 * A thread that looks at logins, which may take long; started when first
 * asked.
 */
export class LoginThread<Order, Answer> {
  /** One thread, one password at a time: the others wait in line. */
  readonly #turns = new Turns(1);
  readonly #module: string;
  #thread: Worker | null = null;

  /** @param module the name of a module of this folder, without `.ts` */
  constructor(module: string) {
    this.#module = module;
  }

  /**
   * What becomes of a login; `null` when the client leaves before its turn.
   *
   * @throws {Error} the thread cannot do its work
   */
  ask(order: Order, signal: AbortSignal): Promise<Answer | null> {
    return this.#turns.run(() => this.#ask(order), signal);
  }

  #ask(order: Order): Promise<Answer> {
    const thread = this.#thread ??= this.#start();
    return new Promise((resolve, reject) => {
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
        thread.off("message", onMessage).off("error", onError)
          .off("exit", onExit);
        // An idle thread shall not keep the program alive.
        thread.unref();
      };
      thread.on("message", onMessage).on("error", onError).on("exit", onExit);
      thread.ref();
      thread.postMessage(order);
    });
  }

  #start(): Worker {
    const thread = new Worker(addressOf(this.#module));
    // Whoever waits is told; the next one gets a new thread.
    const forget = (): void => {
      if (this.#thread === thread) this.#thread = null;
    };
    thread.on("error", forget);
    thread.on("exit", forget);
    return thread;
  }
}

/** Where a module of this folder is, also inside an executable. */
function addressOf(module: string): URL {
  const { url } = import.meta;
  // There, this module is a part of the program, which lies above.
  if (/\$bunfs|~BUN/.test(url)) return new URL(`./adapters/${module}.js`, url);
  return new URL(`./${module}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
}
