/** Type, version and length: RFC 8446, 5.1. */
const HEADER_BYTES = 5;

/** Types of records; no command begins with one of these bytes. */
const FIRST_TYPE = 20;
const ALERT = 21;
const SEALED = 23;

/** TLS 1.3 hides an alert in a record with its type and a tag. */
const SEALED_ALERT_BYTES = 2 + 17;

/**
 * Follows the records of a peer, to find where TLS ends and clear text begins:
 * behind its close_notify, or, for peers that send none, behind its last
 * record. For a peer that has no data to send meanwhile: on TLS 1.3 an alert
 * looks like two bytes of data.
 */
export class RecordScanner {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  /** Of the record that has begun. */
  #rest = 0;

  /** Follows a piece of what the peer sent. */
  follow(piece: Uint8Array): void {
    this.#scan(piece, false, () => false);
  }

  /**
   * Where clear text begins in a piece of what the peer sent, or will begin
   * with the next one; -1 when that is not known yet.
   *
   * @param hidden whether types are hidden, as on TLS 1.3
   */
  find(piece: Uint8Array, hidden: boolean): number {
    return this.#scan(piece, true, () => {
      const [type = 0, , , high = 0, low = 0] = this.#header;
      return type === ALERT ||
        hidden && type === SEALED && high * 256 + low === SEALED_ALERT_BYTES;
    });
  }

  #scan(
    piece: Uint8Array,
    mayEnd: boolean,
    isLast: () => boolean,
  ): number {
    for (let at = 0; at < piece.length;) {
      if (this.#rest === 0) {
        const byte = piece[at] ?? 0;
        const begins = this.#headerLength === 0;
        if (mayEnd && begins && (byte < FIRST_TYPE || byte > SEALED)) return at;
        at++;
        this.#header[this.#headerLength++] = byte;
        if (this.#headerLength < HEADER_BYTES) continue;
        const [, , , high = 0, low = 0] = this.#header;
        this.#headerLength = 0;
        this.#rest = high * 256 + low;
      } else {
        const taken = Math.min(this.#rest, piece.length - at);
        this.#rest -= taken;
        at += taken;
        if (this.#rest === 0 && isLast()) return at;
      }
    }
    return -1;
  }
}
