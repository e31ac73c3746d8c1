import type { OpensslFunctions } from "./_openssl_library.ts";

/** A record holds this much at most. */
const RECORD_BYTES = 16_384;

/** Its head, its tag and what else may be around it; generously. */
const MOST_AROUND_BYTES = 512;

/** For messages of TLS itself between the records. */
const SPARE_BYTES = 16_384;

/** How many wait for their next use, of each size. */
const MOST_SPARE = 8;

/** Of `BIO_ctrl`. */
const BIO_CTRL_RESET = 1;
const BIO_C_SET_BUF_MEM = 114;
const BIO_NOCLOSE = 0;

/** `BIO_CTRL_RESET` does not overwrite what is in the memory. */
const BIO_FLAGS_NONCLEAR_RST = 0x400;

/** Bytes of a `BUF_MEM`: length, address, size, flags, 64 bits each. */
const BUF_MEM_BYTES = 32;

/**
 * Memory of ours that OpenSSL encrypts into, and that is sent from where it
 * is. What OpenSSL keeps in its own has to be copied once more.
 *
 * OpenSSL would enlarge it as if it were its own: so nothing is encrypted that
 * `fits` does not allow.
 */
export class Outbox {
  /** Of the BIO. */
  readonly address: number | bigint;
  readonly #library: OpensslFunctions;
  readonly #memory: Uint8Array<ArrayBuffer>;
  /** The `BUF_MEM`, which OpenSSL changes. */
  readonly #state: DataView;

  /** @param room bytes of data */
  constructor(library: OpensslFunctions, room: number) {
    this.#library = library;
    // With buffers of their own: the collector moves small arrays.
    this.#memory = new Uint8Array(new ArrayBuffer(sizeFor(room)));
    const state = new Uint8Array(new ArrayBuffer(BUF_MEM_BYTES));
    this.#state = new DataView(state.buffer);
    this.#state.setBigUint64(8, addressOf(library, this.#memory), true);
    this.#state.setBigUint64(16, BigInt(this.#memory.length), true);
    this.address = library.BIO_new(library.BIO_s_mem());
    if (Number(this.address) === 0) throw new Error("out of memory");
    library.BIO_set_flags(this.address, BIO_FLAGS_NONCLEAR_RST);
    library.BIO_ctrl(
      this.address,
      BIO_C_SET_BUF_MEM,
      BIO_NOCLOSE,
      addressOf(library, state),
    );
  }

  get #length(): number {
    return this.#state.getUint32(0, true);
  }

  /** Whether so many bytes of data can be encrypted into it. */
  fits(length: number): boolean {
    return this.#length + sizeFor(length) <= this.#memory.length;
  }

  /** What is in it. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  empty(): void {
    this.#state.setUint32(0, 0, true);
    this.#library.BIO_ctrl(this.address, BIO_CTRL_RESET, 0, 0);
  }

  /** Once no session encrypts into it. */
  free(): void {
    this.#library.BIO_free(this.address);
  }
}

const spare = new Map<number, Outbox[]>();

/** An empty one; that which was used last is still in the processor's cache. */
export function takeOutbox(library: OpensslFunctions, room: number): Outbox {
  return spare.get(room)?.pop() ?? new Outbox(library, room);
}

/** Gives one back that nobody sends from any more. */
export function returnOutbox(box: Outbox, room: number): void {
  let others = spare.get(room);
  if (others === undefined) spare.set(room, others = []);
  if (others.length >= MOST_SPARE) {
    box.free();
    return;
  }
  box.empty();
  others.push(box);
}

function sizeFor(data: number): number {
  // Small records are allowed for by half.
  const records = Math.ceil(data / RECORD_BYTES) * 2;
  return data + records * MOST_AROUND_BYTES + SPARE_BYTES;
}

/** Where C finds it: `memcpy` answers where it copied nothing to. */
function addressOf(
  library: OpensslFunctions,
  bytes: Uint8Array<ArrayBuffer>,
): bigint {
  return BigInt(library.memcpy(bytes, 0, 0));
}
