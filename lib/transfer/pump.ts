import { AsciiDecoder, AsciiEncoder } from "../protocol/ascii.ts";
import type { Connection } from "../spi/transport.ts";
import { CHUNK_BYTES, LARGE_CHUNK_BYTES } from "./buffer_pool.ts";
import type { ListingPlan, ReceivePlan, SendPlan } from "./plan.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { Throttle } from "./throttle.ts";
import { WriteBehind } from "./write_behind.ts";

/** What the loops need to know of the transfer that they serve. */
export interface PumpContext {
  readonly connection: Connection;
  /** May become another one while the transfer runs. */
  readonly throttle: Throttle | null;
  /** Ends a wait for the throttle. */
  readonly signal: AbortSignal;
  /** Milliseconds; only differences count. */
  now(): number;
  /** Runs once after `milliseconds`; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /** A write begins: some of it may reach the client before it ends. */
  sending(): void;
  /** Bytes that just moved on the data connection. */
  moved(bytes: number): void;
  /** Bytes that the throttle let pass after they had moved: it goes on. */
  passed(bytes: number): void;
}

/**
 * A write that takes longer than this is cut in half next time, so that a slow
 * client shows progress before it is taken for a stalled one.
 */
const SLOW_WRITE_MS = 2_000;

/** One that takes less than this is followed by a larger one. */
const FAST_WRITE_MS = 100;

/** No write is cut below this. */
const MIN_WRITE_BYTES = 4 * 1024;

/** Copies a file, from the plan's offset to its end, to the connection. */
export async function pumpFileToConnection(
  plan: SendPlan,
  context: PumpContext,
): Promise<void> {
  const encoder = plan.ascii ? new AsciiEncoder() : null;
  const frugal = plan.ascii || context.throttle !== null;
  const reader = new ReadAhead(plan.file, plan.offset, frugal);
  const writer = new PacedWriter(context);
  try {
    for (;;) {
      const chunk = await reader.next();
      if (chunk === null) return;
      await writer.write(encoder === null ? chunk : encoder.encode(chunk));
    }
  } finally {
    await reader.release();
  }
}

/** Sends what a listing makes. */
export async function pumpListingToConnection(
  plan: ListingPlan,
  context: PumpContext,
): Promise<void> {
  const writer = new PacedWriter(context);
  for await (const chunk of plan.chunks) await writer.write(chunk);
}

/**
 * Copies what the client sends to the file, until it finishes, or until a read
 * has ended when `most` bytes have come.
 *
 * @param first the read that is already under way on this connection
 * @returns bytes written, when there may be more; `null` at the end
 */
export async function pumpConnectionToFile(
  plan: ReceivePlan,
  context: PumpContext,
  first: Promise<Uint8Array | null>,
  most: number = Infinity,
): Promise<number | null> {
  let received = 0;
  const decoder = plan.ascii ? new AsciiDecoder() : null;
  const frugal = plan.ascii || context.throttle !== null;
  const writer = new WriteBehind(
    plan.file,
    plan.offset,
    frugal,
    (milliseconds, run) => context.after(milliseconds, run),
  );
  try {
    let chunk = await first;
    while (chunk !== null) {
      const arrived = chunk.length;
      context.moved(arrived);
      await writer.push(decoder === null ? chunk : decoder.decode(chunk));
      received += arrived;
      await takeAll(context, arrived);
      if (received >= most) break;
      chunk = await context.connection.read();
    }
    if (decoder !== null) await writer.push(decoder.end());
    await writer.finish();
    return chunk === null ? null : received;
  } finally {
    await writer.release();
  }
}

/** Writes under the throttle, in pieces that the client's pace suggests. */
class PacedWriter {
  readonly #context: PumpContext;
  #pieceBytes = CHUNK_BYTES;

  constructor(context: PumpContext) {
    this.#context = context;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { connection } = this.#context;
    let at = 0;
    while (at < bytes.length) {
      const { throttle } = this.#context;
      let length = Math.min(bytes.length - at, this.#pieceBytes);
      if (throttle !== null) {
        length = await throttle.take(length, this.#context.signal);
      }
      const piece = length === bytes.length
        ? bytes
        : bytes.subarray(at, at + length);
      const started = this.#context.now();
      this.#context.sending();
      await connection.write(piece);
      const took = this.#context.now() - started;
      if (took > SLOW_WRITE_MS) {
        this.#pieceBytes = Math.max(this.#pieceBytes >> 1, MIN_WRITE_BYTES);
      } else if (took < FAST_WRITE_MS && length === this.#pieceBytes) {
        this.#pieceBytes = Math.min(this.#pieceBytes << 1, LARGE_CHUNK_BYTES);
      }
      this.#context.moved(length);
      at += length;
    }
  }
}

/** Waits until so many bytes may have been moved; none are given back. */
export async function takeAll(
  context: Pick<PumpContext, "throttle" | "signal" | "passed">,
  wanted: number,
): Promise<void> {
  let left = wanted;
  while (left > 0) {
    const { throttle } = context;
    if (throttle === null) return;
    const passed = await throttle.take(left, context.signal);
    context.passed(passed);
    left -= passed;
  }
}
