// The thread that checks passwords by crypt(3), which takes long by design.

import { parentPort } from "node:worker_threads";
import { messageOf } from "../lib/base/errors.ts";
import type { LoginReply } from "./_login_thread.ts";
import { UnixCrypt } from "./_unix_crypt.ts";

/** A password, and the hash that it may be the one of. */
export interface CryptOrder {
  readonly hash: string;
  readonly password: string;
}

let crypt: UnixCrypt | null = null;

parentPort?.on("message", ({ hash, password }: CryptOrder) => {
  let reply: LoginReply<boolean>;
  try {
    crypt ??= UnixCrypt.open();
    if (crypt === null) throw new Error("cannot call C");
    reply = { kind: "answer", answer: crypt.verify(hash, password) };
  } catch (error) {
    reply = { kind: "failed", message: messageOf(error) };
  }
  parentPort!.postMessage(reply);
});
