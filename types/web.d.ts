// The only names outside ECMAScript that the core may use. `lib/` is compiled
// with these and nothing else, so a stray Buffer, setTimeout or process is a
// compile error (tsconfig.core.json).

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(
    label?: string,
    options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
  );
  decode(bytes?: Uint8Array): string;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(
    type: "abort",
    listener: () => void,
    options?: { readonly once?: boolean },
  ): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

interface CryptoKey {
  readonly type: string;
}

declare const crypto: {
  getRandomValues<T extends Uint8Array>(into: T): T;
  readonly subtle: {
    importKey(
      format: "raw",
      key: Uint8Array,
      algorithm: string,
      extractable: boolean,
      usages: readonly string[],
    ): Promise<CryptoKey>;
    deriveBits(
      algorithm: {
        readonly name: "PBKDF2";
        readonly hash: string;
        readonly salt: Uint8Array;
        readonly iterations: number;
      },
      key: CryptoKey,
      bits: number,
    ): Promise<ArrayBuffer>;
    digest(algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer>;
  };
};
