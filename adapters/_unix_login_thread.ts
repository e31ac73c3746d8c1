// The thread that looks at logins: crypt(3) takes long by design.

import { parentPort } from "node:worker_threads";
import { messageOf } from "../lib/base/errors.ts";
import type { LoginReply } from "./_login_thread.ts";
import {
  type UnixLoginAnswer,
  UnixLoginCheck,
  type UnixLoginOrder,
} from "./_unix_login_check.ts";

let check: UnixLoginCheck | null = null;

parentPort?.on("message", (order: UnixLoginOrder) => {
  let reply: LoginReply<UnixLoginAnswer>;
  try {
    check ??= UnixLoginCheck.open();
    reply = { kind: "answer", answer: check.answer(order) };
  } catch (error) {
    reply = { kind: "failed", message: messageOf(error) };
  }
  parentPort!.postMessage(reply);
});
