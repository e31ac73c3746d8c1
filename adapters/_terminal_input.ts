import process from "node:process";
import type { CliInput } from "../lib/cli/host.ts";
import { SecretLine } from "./_secret_line.ts";

/** What was typed ahead of the next question. */
let ahead = "";

/** Standard input, for passwords. */
export function terminalInput(): CliInput {
  return {
    // Asked when needed: to make the stream has effects on a terminal.
    get isTerminal() {
      return process.stdin.isTTY === true;
    },
    readLine,
    readSecret,
  };
}

async function readLine(): Promise<string> {
  let text = "";
  await eachChunk((chunk) => {
    text += chunk;
    return text.includes("\n");
  });
  return text.slice(0, (text.indexOf("\n") + 1) || undefined);
}

async function readSecret(prompt: string): Promise<string | null> {
  const { stdin, stderr } = process;
  const line = new SecretLine();
  let answer = line.push(ahead);
  // Before the question: whoever answers at once shall not be seen either.
  stdin.setRawMode(true);
  stderr.write(prompt);
  try {
    if (answer === null) {
      await eachChunk((chunk) => (answer = line.push(chunk)) !== null);
    }
  } finally {
    stdin.setRawMode(false);
    stderr.write("\n");
  }
  ahead = answer?.rest ?? "";
  return answer?.line ?? null;
}

/** Reads until `take` says that it is enough, or to the end. */
function eachChunk(take: (chunk: string) => boolean): Promise<void> {
  const { stdin } = process;
  const decoder = new TextDecoder();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stdin.off("data", data).off("end", stop).off("error", fail);
      stdin.pause();
      resolve();
    };
    const data = (chunk: Uint8Array): void => {
      if (take(decoder.decode(chunk, { stream: true }))) stop();
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    stdin.on("data", data).on("end", stop).on("error", fail);
    stdin.resume();
  });
}
