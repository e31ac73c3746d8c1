import { mkdirSync, writeFileSync } from "node:fs";
import { sampleBytes, sha256, TemporaryFolder } from "./files.ts";
import { serverKind, startServer, type TestServer } from "./server.ts";

/** Names that clients and servers stumble over, as bytes. */
export const ODD_NAMES: readonly (readonly [label: string, name: Buffer])[] = [
  ["a space", Buffer.from("with space.txt")],
  ["several spaces", Buffer.from("two  spaces.txt")],
  ["double quotes", Buffer.from('say "hi".txt')],
  ["a single quote", Buffer.from("it's.txt")],
  ["brackets and stars", Buffer.from("[a]*{b}.txt")],
  ["a hash and a percent sign", Buffer.from("50%25#1.txt")],
  ["a backslash", Buffer.from("back\\slash.txt")],
  ["UTF-8", Buffer.from("gr\u00fc\u00df-\u20ac-\u{1f600}.txt")],
];

/**
 * Whether names that are no UTF-8 can be served. Deno's `node:fs` takes no
 * bytes for a path, and pyftpdlib replaces them.
 */
export const SERVES_RAW_NAMES: boolean = !["deno", "pyftpdlib"].includes(
  serverKind(),
);

/** Names that are no UTF-8; none where the server cannot have them. */
export const RAW_NAMES: readonly (readonly [label: string, name: Buffer])[] =
  SERVES_RAW_NAMES ? rawNames() : [];

function rawNames(): (readonly [label: string, name: Buffer])[] {
  return [
    ["Latin-1", Buffer.from("gr\xfc\xdf.txt", "latin1")],
    ["stray bytes", Buffer.from("\x80\xc3(\xf0\x9f.txt", "latin1")],
  ];
}

/** Entries of the large folder. */
export const MANY_FILES = 10_000;

/** A server with files, and a local folder for the client. */
export class ClientFixture {
  readonly server: TestServer;
  /** What the server shares. */
  readonly remote: TemporaryFolder;
  readonly local: TemporaryFolder;
  /** The content of `big.bin`, in both folders. */
  readonly big: Buffer;
  readonly bigHash: string;

  private constructor(
    server: TestServer,
    remote: TemporaryFolder,
    big: Buffer,
  ) {
    this.server = server;
    this.remote = remote;
    this.local = new TemporaryFolder("anyftpd-client");
    this.big = big;
    this.bigHash = sha256(big);
    writeFileSync(this.local.at("big.bin"), big);
  }

  /**
   * In the shared folder: `big.bin` of 3 MiB and a bit, `text.txt`, `sub/` with
   * a file, `empty/`, the odd names, and `many/` with 10,000 files.
   */
  static async start(): Promise<ClientFixture> {
    const remote = new TemporaryFolder("anyftpd-server");
    const big = sampleBytes(3 * 2 ** 20 + 17);
    writeFileSync(remote.at("big.bin"), big);
    writeFileSync(remote.at("text.txt"), "one\ntwo\nthree\n");
    mkdirSync(remote.at("empty"));
    mkdirSync(remote.at("sub"));
    writeFileSync(remote.at("sub", "inner.txt"), "inner");
    mkdirSync(remote.at("odd"));
    for (const [label, name] of [...ODD_NAMES, ...RAW_NAMES]) {
      writeFileSync(
        remote.atBytes(Buffer.concat([Buffer.from("odd/"), name])),
        label,
      );
    }
    mkdirSync(remote.at("many"));
    for (let number = 0; number < MANY_FILES; number++) {
      writeFileSync(remote.at("many", `file-${number}`), "");
    }
    const server = await startServer({ directory: remote.path });
    return new ClientFixture(server, remote, big);
  }

  /** `host:port`. */
  get host(): string {
    return `${this.server.hostname}:${this.server.port}`;
  }

  /** A URL with every byte of the path that could matter escaped. */
  url(path: string | Buffer): string {
    return `ftp://user:pass@${this.host}/${percentEncoded(path)}`;
  }

  async close(): Promise<void> {
    await this.server.close();
    this.remote.remove();
    this.local.remove();
  }
}

/** Every byte but letters, digits, `/`, `.`, `_` and `-` as `%XX`. */
export function percentEncoded(path: string | Buffer): string {
  return Array.from(Buffer.from(path), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9/._-]/.test(character)
      ? character
      : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
  }).join("");
}
