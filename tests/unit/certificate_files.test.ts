import {
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { certificateFiles } from "../../adapters/_certificate_files.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import { ENCRYPTED_KEY, OTHER, SERVER } from "../support/tls_certificates.ts";

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "anyftpd-certificates-")));
  writeFileSync(at("cert.pem"), SERVER.cert);
  writeFileSync(at("key.pem"), SERVER.key);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Moves the clock that says when to look again. */
function later(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.spyOn(Date, "now").mockReturnValue(now);
}

test("the texts of both files, or of one that holds both", () => {
  const config = certificateFiles({
    cert: at("cert.pem"),
    key: at("key.pem"),
    minVersion: "1.3",
  })();
  expect(config).toEqual({ ...SERVER, minVersion: "1.3" });
  writeFileSync(at("both.pem"), SERVER.key + SERVER.cert);
  expect(certificateFiles({ cert: at("both.pem") })().key)
    .toContain("PRIVATE KEY");
});

test("an encrypted key and its passphrase", () => {
  writeFileSync(at("key.pem"), ENCRYPTED_KEY);
  const files = { cert: at("cert.pem"), key: at("key.pem") };
  expect(certificateFiles({ ...files, passphrase: "secret" })().key)
    .toBe(ENCRYPTED_KEY);
  expect(() => certificateFiles({ ...files, passphrase: "wrong" })).toThrow(
    "Cannot use the TLS configuration: the passphrase does not open the key " +
      `(${at("key.pem")})`,
  );
});

test("D28: errors are about the file that is wrong", () => {
  const refused = (cert: string, key: string): string => {
    try {
      certificateFiles({ cert: at(cert), key: at(key) });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return (error as ConfigError).message;
    }
    return "";
  };
  writeFileSync(at("empty.pem"), "");
  writeFileSync(at("other.pem"), OTHER.key);
  expect(refused("none.pem", "key.pem"))
    .toBe(`Cannot read ${at("none.pem")}: no such file`);
  expect(refused("cert.pem", "none.pem"))
    .toBe(`Cannot read ${at("none.pem")}: no such file`);
  expect(refused(".", "key.pem"))
    .toBe(`Cannot read ${folder}: it is a directory`);
  expect(refused("empty.pem", "key.pem")).toBe(
    "Cannot use the TLS configuration: cert holds no certificate in PEM " +
      `(${at("empty.pem")})`,
  );
  expect(refused("cert.pem", "empty.pem")).toBe(
    "Cannot use the TLS configuration: key holds no private key in PEM " +
      `(${at("empty.pem")})`,
  );
  expect(refused("cert.pem", "other.pem")).toBe(
    "Cannot use the TLS configuration: the key does not fit the certificate " +
      `(${at("other.pem")})`,
  );
});

test("renewed files are noticed, at most once a second", () => {
  const config = certificateFiles({ cert: at("cert.pem"), key: at("key.pem") });
  const first = config();
  expect(config()).toBe(first);
  writeFileSync(at("new.pem"), OTHER.cert);
  renameSync(at("new.pem"), at("cert.pem"));
  writeFileSync(at("key.pem"), OTHER.key);
  expect(config()).toBe(first);
  later(2);
  const second = config();
  expect(second).toEqual(OTHER);
  expect(config()).toBe(second);
  writeFileSync(at("cert.pem"), SERVER.cert);
  writeFileSync(at("key.pem"), SERVER.key);
  expect(config()).toBe(second);
  expect(config(true)).toEqual(SERVER);
});

test("in the middle of a renewal it throws, and tries again", () => {
  const config = certificateFiles({ cert: at("cert.pem"), key: at("key.pem") });
  writeFileSync(at("cert.pem"), OTHER.cert);
  later(2);
  expect(config).toThrow("the key does not fit the certificate");
  later(4);
  expect(config).toThrow("the key does not fit the certificate");
  writeFileSync(at("key.pem"), OTHER.key);
  later(6);
  expect(config()).toEqual(OTHER);
  rmSync(at("cert.pem"));
  later(8);
  expect(config).toThrow(`Cannot read ${at("cert.pem")}: no such file`);
});
