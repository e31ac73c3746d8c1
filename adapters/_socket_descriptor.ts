import type { NodeSocket } from "./_node_types.ts";
import type { SendfileBinding } from "./_sendfile_binding.ts";

/** Not a socket that we can use. */
const ENOTSOCK = -88;

/** Not connected any more. */
const ENOTCONN = -107;

/** What sockets of `node:net` hold, which their types keep quiet. */
interface Handled {
  readonly _handle?: {
    /** On Node and Bun. */
    readonly fd?: number;
    /** On Deno: a duplicate, by every call another. */
    fdForIpc?(): number;
  } | null;
  /** Of `node:tls`. */
  readonly encrypted?: boolean;
}

/** A new descriptor of a clear socket; an error below 0 when there is none. */
export function duplicateOf(
  socket: NodeSocket,
  binding: SendfileBinding,
): number {
  const { _handle: handle, encrypted } = socket as Handled;
  if (handle === null) return ENOTCONN;
  if (handle === undefined || encrypted === true) return ENOTSOCK;
  if (handle.fdForIpc !== undefined) return handle.fdForIpc();
  return handle.fd === undefined ? ENOTSOCK : binding.duplicate(handle.fd);
}
