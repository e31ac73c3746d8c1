// The thread that looks at logins: crypt(3) takes long by design.

import { parentPort } from "node:worker_threads";
import { messageOf } from "../lib/base/errors.ts";
import {
  type UnixLoginAnswer,
  UnixLoginCheck,
  type UnixLoginOrder,
} from "./_unix_login_check.ts";

/** What the thread answers; an order is answered before the next is read. */
export type UnixLoginReply =
  | { readonly kind: "answer"; readonly answer: UnixLoginAnswer }
  | { readonly kind: "failed"; readonly message: string };

let check: UnixLoginCheck | null = null;

parentPort?.on("message", (order: UnixLoginOrder) => {
  let reply: UnixLoginReply;
  try {
    check ??= new UnixLoginCheck();
    reply = { kind: "answer", answer: check.answer(order) };
  } catch (error) {
    reply = { kind: "failed", message: messageOf(error) };
  }
  parentPort!.postMessage(reply);
});
