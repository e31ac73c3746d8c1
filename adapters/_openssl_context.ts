import { randomBytes } from "node:crypto";
import { ConfigError } from "../lib/base/errors.ts";
import type { TlsConfig } from "../lib/spi/transport.ts";
import {
  answerHellos,
  answerProtocols,
  passEverybody,
} from "./_openssl_callbacks.ts";
import {
  opensslError,
  type OpensslFunctions,
  opensslLibrary,
  toC,
} from "./_openssl_library.ts";
import {
  chooser,
  SESSION_SECONDS,
  type TlsParts,
  tlsParts,
} from "./_tls_parts.ts";
import { refuse } from "./_tls_pem.ts";

/** Commands of `SSL_CTX_ctrl`, which C programs write as macros. */
const SSL_CTRL_MODE = 33;
const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
const SSL_CTRL_CHAIN_CERT = 89;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

export const SSL_MODE_RELEASE_BUFFERS = 0x10;
const SSL_SESS_CACHE_OFF = 0;

const SSL_OP_NO_COMPRESSION = 2 ** 17;
const SSL_OP_CIPHER_SERVER_PREFERENCE = 2 ** 22;
const SSL_OP_NO_RENEGOTIATION = 2 ** 30;

const SSL_VERIFY_PEER = 1;
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;

const VERSIONS = { "1.2": 0x303, "1.3": 0x304 } as const;

/** Names of TLS 1.3 begin so; OpenSSL wants them apart. */
const NEW_CIPHER = /^TLS_/;

/** As Node's, so that it does not matter who does it. */
const CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" +
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" +
  "HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA";

/** Long enough that nobody has another's by chance. */
const NAME_BYTES = 16;

/** Configurations that may be copied at any time, as they are in use. */
const MOST_RECENT = 8;

/** An `SSL_CTX`. */
export interface OpensslSettings {
  readonly library: OpensslFunctions;
  readonly address: number;
  /** Whether clients are asked for a certificate. */
  readonly asks: boolean;
  /** That for a host name; `null` for this one. Absent without names. */
  readonly choose?: (name: string) => Promise<OpensslSettings | null>;
}

/** A {@linkcode TlsConfig} that holds, as OpenSSL wants it. */
export interface OpensslContext {
  /** The same for copies of one configuration. */
  readonly settings: OpensslSettings;
  /**
   * No two objects have the same: OpenSSL resumes no session that was begun
   * under another name.
   */
  readonly sessionName: Uint8Array<ArrayBuffer>;
}

const contexts = new WeakMap<TlsConfig, OpensslContext>();

/** A session may have a copy of its own, which must cost little. */
const recent: {
  readonly config: TlsConfig;
  readonly settings: OpensslSettings;
}[] = [];

/** Frees what nobody can use any more; sessions hold it as well. */
const unused = new FinalizationRegistry<() => void>((free) => free());

/**
 * The one context of a configuration, made when it is asked for first.
 *
 * @throws {ConfigError} when the configuration does not hold
 */
export function opensslContext(config: TlsConfig): OpensslContext {
  let context = contexts.get(config);
  if (context === undefined) {
    const sessionName = new Uint8Array(randomBytes(NAME_BYTES));
    context = { settings: settingsOf(config), sessionName };
    contexts.set(config, context);
  }
  return context;
}

function settingsOf(config: TlsConfig): OpensslSettings {
  const known = recent.find((one) => isCopy(one.config, config));
  if (known !== undefined) return known.settings;
  const library = opensslLibrary();
  if (library === null) throw new ConfigError("Cannot load OpenSSL");
  const settings = makeSettings(library, config);
  recent.unshift({ config, settings });
  if (recent.length > MOST_RECENT) recent.pop();
  return settings;
}

/** Whether all members are the very same. */
function isCopy(one: TlsConfig, other: TlsConfig): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) =>
    one[name as keyof TlsConfig] === other[name as keyof TlsConfig]
  );
}

function makeSettings(
  library: OpensslFunctions,
  config: TlsConfig,
): OpensslSettings {
  const parts = tlsParts(config);
  const choose = chooser(config, (other) => makeSettings(library, other));
  const address = Number(library.SSL_CTX_new(library.TLS_server_method()));
  if (address === 0) throw unusable(library);
  try {
    setUp(library, address, parts);
  } catch (error) {
    library.SSL_CTX_free(address);
    throw error;
  }
  const forget = answerProtocols(library, address, parts.protocols);
  const settings: OpensslSettings = {
    library,
    address,
    asks: parts.asks,
    ...(choose === undefined ? {} : { choose }),
  };
  unused.register(settings, () => {
    forget();
    library.SSL_CTX_free(address);
  });
  return settings;
}

function setUp(
  library: OpensslFunctions,
  context: number,
  parts: TlsParts,
): void {
  const must = (answer: number | bigint): void => {
    if (Number(answer) <= 0) throw unusable(library);
  };
  const control = (command: number, value: number) =>
    library.SSL_CTX_ctrl(context, command, value, 0);
  library.SSL_CTX_set_options(
    context,
    SSL_OP_NO_COMPRESSION + SSL_OP_CIPHER_SERVER_PREFERENCE +
      SSL_OP_NO_RENEGOTIATION,
  );
  // An idle session holds none.
  control(SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS);
  // They live in tickets, and not in memory of ours.
  control(SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF);
  library.SSL_CTX_set_timeout(context, SESSION_SECONDS);
  setVersions(library, context, parts);
  useCertificates(library, context, parts, must);
  if (parts.asks) askClients(library, context, parts, must);
  answerHellos(library, context);
}

function setVersions(
  library: OpensslFunctions,
  context: number,
  parts: TlsParts,
): void {
  const names = parts.ciphers?.split(":") ?? [];
  const newer = names.filter((name) => NEW_CIPHER.test(name)).join(":");
  const older = names.filter((name) => !NEW_CIPHER.test(name)).join(":");
  const isKnown = newer === "" && older === "" ||
    (newer === "" || takes(library.SSL_CTX_set_ciphersuites, newer)) &&
      (older === "" || takes(library.SSL_CTX_set_cipher_list, older));
  if (!isKnown) {
    refuse(
      "ciphers names no cipher suite that is known here",
      opensslError(library),
    );
  }
  if (older === "") takes(library.SSL_CTX_set_cipher_list, CIPHERS);
  // A version without a cipher suite is none.
  const isOld = older !== "" && newer === "";
  const isNew = newer !== "" && older === "";
  const set = (command: number, version: "1.2" | "1.3") =>
    library.SSL_CTX_ctrl(context, command, VERSIONS[version], 0);
  set(SSL_CTRL_SET_MIN_PROTO_VERSION, isNew ? "1.3" : parts.minVersion);
  set(SSL_CTRL_SET_MAX_PROTO_VERSION, isOld ? "1.2" : parts.maxVersion);

  function takes(
    call: OpensslFunctions["SSL_CTX_set_cipher_list"],
    list: string,
  ): boolean {
    return call(context, toC(list)) === 1;
  }
}

function useCertificates(
  library: OpensslFunctions,
  context: number,
  parts: TlsParts,
  must: (answer: number | bigint) => void,
): void {
  const [own, ...others] = parts.certificates.map(String);
  withPem(library, own ?? "", "PEM_read_bio_X509", (certificate) => {
    must(library.SSL_CTX_use_certificate(context, certificate));
    library.X509_free(certificate);
  });
  withPem(library, parts.key, "PEM_read_bio_PrivateKey", (key) => {
    must(library.SSL_CTX_use_PrivateKey(context, key));
    library.EVP_PKEY_free(key);
  });
  for (const other of others) {
    // It becomes the context's.
    withPem(library, other, "PEM_read_bio_X509", (certificate) => {
      must(
        library.SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 0, certificate),
      );
    });
  }
}

function askClients(
  library: OpensslFunctions,
  context: number,
  parts: TlsParts,
  must: (answer: number | bigint) => void,
): void {
  const trusted = library.SSL_CTX_get_cert_store(context);
  for (const authority of parts.authorities) {
    withPem(library, String(authority), "PEM_read_bio_X509", (certificate) => {
      must(library.X509_STORE_add_cert(trusted, certificate));
      must(library.SSL_CTX_add_client_CA(context, certificate));
      library.X509_free(certificate);
    });
  }
  if (parts.requires) {
    const mode = SSL_VERIFY_PEER + SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    library.SSL_CTX_set_verify(context, mode, 0);
  } else {
    // Whom to trust is looked at when the handshake is over.
    library.SSL_CTX_set_verify(context, SSL_VERIFY_PEER, passEverybody());
  }
}

/** Has `take` use what is read from a text in PEM. */
function withPem(
  library: OpensslFunctions,
  pem: string,
  read: "PEM_read_bio_X509" | "PEM_read_bio_PrivateKey",
  take: (address: number) => void,
): void {
  const text = new TextEncoder().encode(pem);
  const bio = library.BIO_new(library.BIO_s_mem());
  try {
    library.BIO_write(bio, text, text.length);
    const address = Number(library[read](bio, 0, 0, 0));
    if (address === 0) throw unusable(library);
    take(address);
  } finally {
    library.BIO_free(bio);
  }
}

function unusable(library: OpensslFunctions): ConfigError {
  const cause = opensslError(library);
  return new ConfigError(
    `Cannot use the TLS configuration: ${cause.message}`,
    { cause },
  );
}
