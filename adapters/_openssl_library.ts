import process from "node:process";
import {
  type NativeFunctions,
  nativeFunctions,
  type NativeSignature,
  type NativeType,
} from "./_native_library.ts";
import { runtimeName } from "./_runtime.ts";

/** What other runtimes than Node load; it brings `libcrypto` with it. */
const LIBSSL = "libssl.so.3";

type Result = NativeSignature["result"];

/** OpenSSL 3.0; older ones lack some of the functions. */
const OLDEST = 0x30000000;

/** Where `long` and `size_t` have 64 bits. */
const WIDE: ReadonlySet<string> = new Set(["x64", "arm64", "riscv64"]);

const LONGEST_MESSAGE_BYTES = 256;

/**
 * What a function answers and what it takes; pointers and `long` are
 * addresses. The names are OpenSSL's.
 */
const SIGNATURES = {
  OpenSSL_version_num: ["address"],
  ERR_clear_error: ["i32"],
  ERR_get_error: ["address"],
  ERR_error_string_n: ["i32", "address", "buffer", "address"],
  CRYPTO_free: ["i32", "address", "address", "i32"],

  BIO_s_mem: ["address"],
  BIO_f_ssl: ["address"],
  BIO_f_buffer: ["address"],
  BIO_push: ["address", "address", "address"],
  BIO_new: ["address", "address"],
  BIO_new_mem_buf: ["address", "buffer", "i32"],
  BIO_new_socket: ["address", "i32", "i32"],
  BIO_set_flags: ["i32", "address", "i32"],
  BIO_up_ref: ["i32", "address"],
  BIO_ctrl: ["address", "address", "i32", "i64", "address"],
  BIO_free: ["i32", "address"],
  BIO_read: ["i32", "address", "buffer", "i32"],
  BIO_write: ["i32", "address", "buffer", "i32"],
  BIO_ctrl_pending: ["address", "address"],

  PEM_read_bio_X509: ["address", "address", "address", "address", "address"],
  PEM_read_bio_PrivateKey: [
    "address",
    "address",
    "address",
    "address",
    "address",
  ],
  EVP_PKEY_free: ["i32", "address"],
  X509_free: ["i32", "address"],
  X509_STORE_add_cert: ["i32", "address", "address"],
  i2d_X509: ["i32", "address", "buffer"],

  TLS_server_method: ["address"],
  SSL_CTX_new: ["address", "address"],
  SSL_CTX_free: ["i32", "address"],
  SSL_CTX_ctrl: ["address", "address", "i32", "address", "address"],
  SSL_CTX_set_options: ["address", "address", "address"],
  SSL_CTX_set_timeout: ["address", "address", "address"],
  SSL_CTX_set_cipher_list: ["i32", "address", "buffer"],
  SSL_CTX_set_ciphersuites: ["i32", "address", "buffer"],
  SSL_CTX_use_certificate: ["i32", "address", "address"],
  SSL_CTX_use_PrivateKey: ["i32", "address", "address"],
  SSL_CTX_get_cert_store: ["address", "address"],
  SSL_CTX_add_client_CA: ["i32", "address", "address"],
  SSL_CTX_set_verify: ["i32", "address", "i32", "address"],
  SSL_CTX_set_alpn_select_cb: ["i32", "address", "address", "address"],
  SSL_CTX_set_client_hello_cb: ["i32", "address", "address", "address"],

  SSL_new: ["address", "address"],
  SSL_free: ["i32", "address"],
  SSL_ctrl: ["address", "address", "i32", "address", "address"],
  SSL_set_options: ["address", "address", "address"],
  SSL_set0_rbio: ["i32", "address", "address"],
  SSL_set0_wbio: ["i32", "address", "address"],
  SSL_set_session_id_context: ["i32", "address", "buffer", "u32"],
  SSL_set_SSL_CTX: ["address", "address", "address"],
  SSL_accept: ["i32", "address"],
  SSL_read: ["i32", "address", "buffer", "i32"],
  SSL_write: ["i32", "address", "buffer", "i32"],
  SSL_shutdown: ["i32", "address"],
  SSL_get_error: ["i32", "address", "i32"],
  SSL_version: ["i32", "address"],
  SSL_session_reused: ["i32", "address"],
  SSL_get_verify_result: ["address", "address"],
  SSL_get1_peer_certificate: ["address", "address"],
  SSL_get_current_cipher: ["address", "address"],
  SSL_CIPHER_standard_name: ["address", "address"],
  SSL_get0_alpn_selected: ["i32", "address", "buffer", "buffer"],
  SSL_client_hello_get0_ext: ["i32", "address", "u32", "buffer", "buffer"],

  // Of the C library: the first reads memory of C, the second writes it.
  memcpy: ["address", "buffer", "address", "address"],
  memmove: ["address", "address", "buffer", "address"],
  strlen: ["address", "address"],
} as const;

/** The functions that are used of OpenSSL. */
export type OpensslFunctions = NativeFunctions<keyof typeof SIGNATURES>;

let known: OpensslFunctions | null | undefined;

/**
 * OpenSSL as a C library, or `null` when it cannot be called: on other systems
 * than Linux, without a way to call C, without OpenSSL 3. On Node it is the one
 * that Node itself is made with, elsewhere the system's. Looked for once, when
 * first asked for.
 */
export function opensslLibrary(): OpensslFunctions | null {
  // `null` is an answer too.
  if (known === undefined) known = load();
  return known;
}

function load(): OpensslFunctions | null {
  if (process.platform !== "linux" || !WIDE.has(process.arch)) return null;
  try {
    // Two of them in one program would take each other's functions.
    const name = runtimeName() === "node" ? null : LIBSSL;
    const library = nativeFunctions(name, signatures());
    if (library === null) return null;
    return Number(library.OpenSSL_version_num()) < OLDEST ? null : library;
  } catch {
    // Not installed, another maker's, forbidden: the runtime has its own TLS.
    return null;
  }
}

function signatures(): Readonly<
  Record<keyof typeof SIGNATURES, NativeSignature>
> {
  return Object.fromEntries(
    Object.entries<readonly [Result, ...NativeType[]]>(SIGNATURES)
      .map(([name, [result, ...parameters]]) => [name, { parameters, result }]),
  ) as unknown as Record<keyof typeof SIGNATURES, NativeSignature>;
}

/** A text for C. */
export function toC(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** A text of C at an address; `null` for none. */
export function textAt(
  library: OpensslFunctions,
  address: number | bigint,
): string | null {
  if (Number(address) === 0) return null;
  const length = Number(library.strlen(address));
  return new TextDecoder().decode(bytesAt(library, address, length));
}

/** A copy of memory of C. */
export function bytesAt(
  library: OpensslFunctions,
  address: number | bigint,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  if (length > 0) library.memcpy(bytes, address, length);
  return bytes;
}

/** Takes OpenSSL's errors, and says what the first was. */
export function opensslError(library: OpensslFunctions): Error {
  const code = library.ERR_get_error();
  library.ERR_clear_error();
  if (Number(code) === 0) return new Error("error without a reason");
  const message = new Uint8Array(LONGEST_MESSAGE_BYTES);
  library.ERR_error_string_n(code, message, message.length);
  const end = message.indexOf(0);
  return new Error(new TextDecoder().decode(message.subarray(0, end)));
}
