/** Type, version and length: RFC 8446, 5.1. */
const HEADER_BYTES = 5;

const ALERT = 21;
const SEALED = 23;

/** TLS 1.3 hides the type of a record in its end and adds a tag of this. */
const SEAL_BYTES = 17;

const ALERT_BYTES = 2;
const KEY_UPDATE_BYTES = 5;

/**
 * Follows the records of a peer, encrypted as they come, to tell whether the
 * last of them was an alert: that is close_notify, for others break the
 * connection. For engines that say "end" with or without it.
 *
 * On TLS 1.2 the type of a record can be read. On 1.3 an alert looks as two
 * bytes of data do, so that what comes out has to be counted too.
 */
export class TlsRecords {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  /** Of the record that has begun. */
  #rest = 0;
  #type = 0;
  #length = 0;
  /** Bytes in sealed records that are whole, without the seals. */
  #sealed = 0;
  #opened = 0;
  /** Of `#sealed - #opened`, before the last piece that came. */
  #hiddenBefore: number | null = null;
  #isEstablished = false;

  /** A piece of what the peer sends. */
  push(piece: Uint8Array): void {
    this.#hiddenBefore = this.#isEstablished
      ? this.#sealed - this.#opened
      : null;
    for (let at = 0; at < piece.length;) {
      if (this.#rest > 0) {
        const taken = Math.min(this.#rest, piece.length - at);
        this.#rest -= taken;
        at += taken;
        if (this.#rest === 0) this.#finish();
        continue;
      }
      this.#header[this.#headerLength++] = piece[at++] ?? 0;
      if (this.#headerLength === HEADER_BYTES) this.#begin();
    }
  }

  /** The handshake is over. */
  established(): void {
    this.#isEstablished = true;
  }

  /** So many bytes of data came out. */
  opened(length: number): void {
    this.#opened += length;
  }

  /** Whether the last record is whole, and an alert. */
  get endsWithAlert(): boolean {
    if (this.#rest > 0 || this.#headerLength > 0) return false;
    if (this.#type === ALERT) return true;
    if (this.#type !== SEALED) return false;
    if (this.#length !== ALERT_BYTES + SEAL_BYTES) return false;
    // Both came in one piece: the handshake has messages of any length.
    if (this.#hiddenBefore === null) return true;
    const hidden = this.#sealed - this.#opened - this.#hiddenBefore;
    return hidden % KEY_UPDATE_BYTES === ALERT_BYTES;
  }

  #begin(): void {
    const [type = 0, , , high = 0, low = 0] = this.#header;
    this.#headerLength = 0;
    this.#type = type;
    this.#length = high * 256 + low;
    this.#rest = this.#length;
    if (this.#rest === 0) this.#finish();
  }

  #finish(): void {
    if (this.#type === SEALED) this.#sealed += this.#length - SEAL_BYTES;
  }
}
