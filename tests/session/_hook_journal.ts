import type { Hooks, TransferEvent } from "../../lib/session/events.ts";

/** Hooks that write down what they were told, in order, but for those that come often. */
export interface Journal {
  readonly entries: string[];
  readonly hooks: Required<Omit<Hooks, "command" | "transferProgress">>;
}

/** Makes a journal; `during` runs inside each hook. */
export function journal(
  during: (name: keyof Hooks) => void | Promise<void> = () => {},
): Journal {
  const entries: string[] = [];
  const write = (name: keyof Hooks, ...facts: string[]) => {
    entries.push([name, ...facts].join(" "));
    return during(name);
  };
  const transfer = (name: keyof Hooks) => (event: TransferEvent) =>
    write(
      name,
      event.username,
      event.command,
      event.path,
      `${event.bytes} bytes`,
      `${event.durationMs} ms`,
      event.outcome,
    );
  return {
    entries,
    hooks: {
      connect: ({ session }) => write("connect", String(session.id)),
      disconnect: ({ session }) => write("disconnect", String(session.id)),
      login: ({ username }) => write("login", username),
      loginFailed: ({ username, password }) =>
        write("loginFailed", username, password),
      logout: ({ username }) => write("logout", username),
      fileSent: transfer("fileSent"),
      fileReceived: transfer("fileReceived"),
      incompleteFileSent: transfer("incompleteFileSent"),
      incompleteFileReceived: transfer("incompleteFileReceived"),
    },
  };
}
