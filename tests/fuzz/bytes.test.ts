import { describe, expect, test } from "vitest";
import { memoryServer, settle } from "../../adapters/memory.ts";
import { SeededRandom } from "../support/random.ts";
import { type Reply, ReplyParser } from "../support/reply_parser.ts";

const TLS_HANDSHAKE = 0x16;

/** Bytes that mean something somewhere, and a few that mean nothing. */
const ALPHABET = [
  ...[..."ABORSTAQUINOPE \t-*/'\"~"].map((letter) => letter.charCodeAt(0)),
  ...[0x00, 0x0a, 0x0d, 0x7f, 0x80, 0xc3, 0xe9, 0xf2, 0xf4, 0xfd, 0xff],
];

/** Pieces of lines and of line ends in any order. */
function garbage(random: SeededRandom): Uint8Array {
  const bytes: number[] = [];
  for (let pieces = random.below(60); pieces > 0; pieces--) {
    const kind = random.below(10);
    if (kind < 3) bytes.push(0x0d, 0x0a);
    else if (kind === 3) {
      for (const letter of random.pick(["USER a", "PASS", "PWD", "SITE X"])) {
        bytes.push(letter.charCodeAt(0));
      }
    } else if (kind === 4) {
      const byte = random.pick(ALPHABET);
      for (let count = random.below(40); count > 0; count--) bytes.push(byte);
    } else bytes.push(random.pick(ALPHABET));
  }
  if (random.below(20) === 0) bytes.unshift(TLS_HANDSHAKE);
  return Uint8Array.from(bytes);
}

/** How many lines a server finds, taken literally from the definition. */
function linesIn(bytes: Uint8Array, lineEnding: "crlf" | "any"): number {
  let lines = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte !== 0x0a) continue;
    if (lineEnding === "any" || bytes[at - 1] === 0x0d) lines++;
  }
  return lines;
}

async function babble(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const lineEnding = random.pick(["crlf", "any"] as const);
  await using server = await memoryServer({
    lineEnding,
    failedLoginDelayMs: 0,
    unicodeErrors: random.pick(["preserve", "replace", "strict"] as const),
  });
  server.transport.chunkSize = 1 + random.below(random.pick([3, 1000]));
  const { control } = await server.dial();
  const parser = new ReplyParser();
  const replies: Reply[] = [];
  const reading = (async () => {
    for (;;) {
      const chunk = await control.read();
      if (chunk === null) return;
      replies.push(...parser.push(chunk));
    }
  })();
  const bytes = garbage(random);
  for (let rest = bytes; rest.length > 0;) {
    const length = 1 + random.below(rest.length);
    await control.write(rest.subarray(0, length)).catch(() => {});
    rest = rest.subarray(length);
    if (random.below(2) === 0) await settle();
  }
  await control.closeWrite().catch(() => {});
  await reading;
  const codes = replies.map(({ code }) => code);
  expect(codes.shift(), "the greeting").toBe(220);
  expect(parser.pending, "half a reply").toBe(0);
  const leaves = codes.indexOf(221);
  if (bytes[0] === TLS_HANDSHAKE) expect(codes).toEqual([]);
  else if (leaves >= 0) expect(leaves).toBe(codes.length - 1);
  else expect(codes).toHaveLength(linesIn(bytes, lineEnding));
}

describe("a client that sends any bytes", () => {
  const BATCH = 500;
  for (let first = 1; first <= 2_000; first += BATCH) {
    test(`gets one reply to each line: seeds from ${first} on`, async () => {
      for (let seed = first; seed < first + BATCH; seed++) {
        await babble(seed).catch((error: unknown) => {
          throw new Error(`Seed ${seed}: ${error}`);
        });
      }
    });
  }
});
