import { messageOf, TransportError } from "../base/errors.ts";
import type { LogLevel } from "../spi/log.ts";
import type { ReceiveFile, SendFile } from "../spi/transport.ts";
import type { ReceivePlan, SendPlan } from "./plan.ts";
import {
  pumpConnectionToFile,
  type PumpContext,
  pumpFileToConnection,
  takeAll,
} from "./pump.ts";

/**
 * Small files are not worth the trouble to receive them in another way; larger
 * ones not that of a buffer of 256 KiB, which costs a third of a millisecond.
 */
const COPIED_BYTES = 16 * 1024;

/** Bytes asked of the transport's own file sender at once. */
const SEND_FILE_BYTES = 1024 * 1024;

/** What moves a file that the connection may move by itself. */
export interface OwnFiles {
  readonly context: PumpContext;
  /** Whether the connection may do so, if it can. */
  readonly allowed: boolean;
  log(level: LogLevel, message: string): void;
}

/** Sends a file: by the transport as far as it can, the rest by copying. */
export async function sendFrom(plan: SendPlan, own: OwnFiles): Promise<void> {
  const { context } = own;
  const { sendFile } = context.connection;
  let at = plan.offset;
  if (mayMove(plan, own) && sendFile !== undefined) {
    const end = await sendByTransport(plan, own, sendFile);
    if (end === null) return;
    at = end;
  }
  await pumpFileToConnection({ ...plan, offset: at }, context);
}

/**
 * Receives a file; a large one is left to the transport, once it turns out to
 * be one.
 *
 * @param first the read that is already under way on this connection
 */
export async function receiveTo(
  plan: ReceivePlan,
  first: Promise<Uint8Array | null>,
  own: OwnFiles,
): Promise<void> {
  const { context } = own;
  const { receiveFile } = context.connection;
  const isOwn = mayMove(plan, own) && context.throttle === null;
  if (!isOwn || receiveFile === undefined) {
    await pumpConnectionToFile(plan, context, first);
    return;
  }
  const copied = await pumpConnectionToFile(plan, context, first, COPIED_BYTES);
  if (copied === null) return;
  const offset = await receiveByTransport(
    plan,
    own,
    receiveFile,
    plan.offset + copied,
  );
  if (offset === null) return;
  const rest = context.connection.read();
  await pumpConnectionToFile({ ...plan, offset }, context, rest);
}

function mayMove(plan: SendPlan | ReceivePlan, own: OwnFiles): boolean {
  return own.allowed && !plan.ascii && plan.file.fd !== undefined;
}

/**
 * The transport reads the file itself; the throttle sets the slices.
 *
 * @returns where to go on by copying, `null` when all is sent
 */
async function sendByTransport(
  plan: SendPlan,
  own: OwnFiles,
  sendFile: SendFile,
): Promise<number | null> {
  const { context } = own;
  let at = plan.offset;
  for (;;) {
    const { throttle } = context;
    const slice = throttle === null
      ? SEND_FILE_BYTES
      : await throttle.take(SEND_FILE_BYTES, context.signal);
    context.sending();
    let sent = 0;
    try {
      sent = await sendFile(plan.file, at, slice);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      own.log("warn", `${messageOf(error)}; copying ${plan.realPath}`);
      return at;
    } finally {
      if (sent < slice) throttle?.giveBack?.(slice - sent);
    }
    if (sent === 0) return null;
    context.moved(sent);
    at += sent;
    // Short, and where the end was: a further call would only find it again.
    if (sent < slice && at === plan.file.size) return null;
  }
}

/** @returns where to go on by copying, `null` when all is there */
async function receiveByTransport(
  plan: ReceivePlan,
  own: OwnFiles,
  receiveFile: ReceiveFile,
  offset: number,
): Promise<number | null> {
  let at = offset;
  for (;;) {
    let received: number;
    try {
      received = await receiveFile(plan.file, at);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      own.log("warn", `${messageOf(error)}; copying to ${plan.realPath}`);
      return at;
    }
    if (received === 0) return null;
    at += received;
    own.context.moved(received);
    // There was no rate when it began, but there may be one now.
    await takeAll(own.context, received);
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof TransportError && error.code === "unsupported";
}
