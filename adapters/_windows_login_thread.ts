// The thread that looks at logins of Windows: a domain may take its time.

import { parentPort } from "node:worker_threads";
import { messageOf } from "../lib/base/errors.ts";
import type { LoginReply } from "./_login_thread.ts";
import { WindowsAccounts } from "./_windows_accounts.ts";

/** A login to be looked at. */
export interface WindowsLoginOrder {
  readonly username: string;
  readonly password: string;
}

/** The answer; the token is the whole program's, and to be closed. */
export type WindowsLoginAnswer =
  | {
    readonly kind: "accepted";
    readonly name: string;
    readonly home: string;
    readonly token: bigint;
  }
  | { readonly kind: "refused"; readonly reason: string };

let accounts: WindowsAccounts | null = null;

function answer({ username, password }: WindowsLoginOrder): WindowsLoginAnswer {
  accounts ??= WindowsAccounts.open();
  if (accounts === null) throw new Error("cannot call C");
  const result = accounts.logOn(username, password);
  if ("reason" in result) return { kind: "refused", reason: result.reason };
  const { name, home } = accounts.find(username) ??
    { name: username, home: "" };
  return { kind: "accepted", name, home, token: result.token };
}

parentPort?.on("message", (order: WindowsLoginOrder) => {
  let reply: LoginReply<WindowsLoginAnswer>;
  try {
    reply = { kind: "answer", answer: answer(order) };
  } catch (error) {
    reply = { kind: "failed", message: messageOf(error) };
  }
  parentPort!.postMessage(reply);
});
