import { Worker } from "node:worker_threads";
import { Turns } from "../lib/auth/turns.ts";
import { messageOf } from "../lib/base/errors.ts";
import type { UnixLoginAnswer, UnixLoginOrder } from "./_unix_login_check.ts";
import type { UnixLoginReply } from "./_unix_login_thread.ts";

/** Asks the thread that looks at logins; starts it when first asked. */
export class UnixLogins {
  /** One thread, one password at a time: the others wait in line. */
  readonly #turns = new Turns(1);
  #thread: Worker | null = null;

  /**
   * What becomes of a login; refused when the client leaves before its turn.
   *
   * @throws {Error} the thread cannot do its work
   */
  async ask(
    order: UnixLoginOrder,
    signal: AbortSignal,
  ): Promise<UnixLoginAnswer> {
    const answer = await this.#turns.run(() => this.#ask(order), signal);
    return answer ?? { kind: "refused", reason: "the client is gone" };
  }

  #ask(order: UnixLoginOrder): Promise<UnixLoginAnswer> {
    const thread = this.#thread ??= this.#start();
    return new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        leave();
        reject(new Error(`Cannot ask the system for a user: ${message}`));
      };
      const onMessage = (reply: UnixLoginReply): void => {
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
    const thread = new Worker(
      new URL(
        import.meta.url.endsWith(".ts")
          ? "./_unix_login_thread.ts"
          : "./_unix_login_thread.js",
        import.meta.url,
      ),
    );
    // Whoever waits is told; the next one gets a new thread.
    const forget = (): void => {
      if (this.#thread === thread) this.#thread = null;
    };
    thread.on("error", forget);
    thread.on("exit", forget);
    return thread;
  }
}
