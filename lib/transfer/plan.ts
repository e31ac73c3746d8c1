import type { FileHandle } from "../spi/file_system.ts";

/** What all transfers have. */
export interface PlanBase {
  /** The command that asked for it: `RETR`, `LIST`, … */
  readonly command: string;
  /** Who asked for it: a login may end before its transfer does. */
  readonly username: string;
  /** Virtual path. */
  readonly path: string;
  /** Where it really lies, for the log and for hooks. */
  readonly realPath: string;
  /** Text after 125 or 150 in place of the usual one (STOU). */
  readonly opening?: string;
}

/** A file goes to the client. */
export interface SendPlan extends PlanBase {
  /** Tells plans apart. */
  readonly kind: "send";
  /** Open for reading; the transfer closes it. */
  readonly file: FileHandle;
  /** Bytes into the file. */
  readonly offset: number;
  /** TYPE A: line ends are converted. */
  readonly ascii: boolean;
}

/** A file comes from the client. */
export interface ReceivePlan extends PlanBase {
  /** Tells plans apart. */
  readonly kind: "receive";
  /** Open for writing; the transfer closes or aborts it. */
  readonly file: FileHandle;
  /** What the client said that it will send (ALLO); nothing relies on it. */
  readonly expectedBytes?: number;
  /** Bytes into the file. */
  readonly offset: number;
  /** TYPE A: line ends are converted. */
  readonly ascii: boolean;
}

/** A listing goes to the client: lines, already encoded. */
export interface ListingPlan extends PlanBase {
  /** Tells plans apart. */
  readonly kind: "listing";
  /** The bytes, in pieces of any size. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of the folder when the listing is not sent. */
  cancel(): Promise<void>;
}

/** What a transfer command wants done on the data connection. */
export type TransferPlan = SendPlan | ReceivePlan | ListingPlan;

/** Bytes that will move on the data connection; `null`: nobody knows. */
export function plannedBytes(plan: TransferPlan): number | null {
  switch (plan.kind) {
    case "listing":
      return null;
    case "receive":
      return plan.expectedBytes ?? null;
    case "send":
      // Line ends that are converted change the length.
      return plan.ascii ? null : Math.max(0, plan.file.size - plan.offset);
  }
}

/** Lets go of what a plan holds when it will not be run. */
export async function discardPlan(
  plan: TransferPlan,
  reason: unknown,
): Promise<void> {
  if (plan.kind === "listing") return await plan.cancel();
  if (plan.file.abort !== undefined) await plan.file.abort(reason);
  else await plan.file.close();
}
