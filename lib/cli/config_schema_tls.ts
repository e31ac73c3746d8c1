import type { JsonSchema } from "../base/json_schema.ts";
import { flag, milliseconds } from "./config_schema_server.ts";

const VERSIONS = ["1.2", "1.3"];

const POLICIES = ["off", "allowed", "required"];

/** TLS. */
export const TLS_KEYS: Readonly<Record<string, JsonSchema>> = {
  tls: {
    title: "a table of settings",
    description: "Switches FTPS on, even when it is empty. Renewed files are " +
      "noticed.",
    type: "object",
    additionalProperties: false,
    properties: {
      cert: {
        title: "the name of a file",
        format: "path",
        description: "PEM file with the certificate and those that lead to " +
          "its root. Left out: a certificate is made once and kept.",
        type: "string",
        minLength: 1,
      },
      key: {
        title: "the name of a file",
        format: "path",
        description: "PEM file with the private key. Left out: the file of " +
          "cert.",
        type: "string",
        minLength: 1,
      },
      passphraseFile: {
        title: "the name of a file",
        format: "path",
        description: "File whose first line is the passphrase of the private " +
          "key.",
        type: "string",
        minLength: 1,
      },
      control: {
        description: "Whether users may, or must, log in by TLS; off leaves " +
          "TLS to listeners with implicitTls.",
        type: "string",
        enum: POLICIES,
        default: "allowed",
      },
      data: {
        description: "Whether data connections may, or must, be protected.",
        type: "string",
        enum: POLICIES,
        default: "allowed",
      },
      resumption: {
        description:
          "required: a protected data connection has to resume the " +
          "TLS session of its control connection. On Deno it needs " +
          "--allow-ffi.",
        type: "string",
        enum: ["optional", "required"],
        default: "optional",
      },
      clearCommands: {
        description: "Whether CCC may end the TLS of the control connection.",
        type: "string",
        enum: ["refused", "allowed"],
        default: "refused",
      },
      closeNotify: {
        description: "Whether an upload over TLS must end with close_notify " +
          "to count as complete. Without it, whoever can cut a connection " +
          "can shorten a file unseen.",
        type: "string",
        enum: ["required", "optional"],
        default: "required",
      },
      handshakeTimeoutMs: milliseconds(
        "Time that a handshake may take; 0 leaves it to the other times.",
        30_000,
      ),
      minVersion: {
        description: "The oldest version of TLS that is offered.",
        type: "string",
        enum: VERSIONS,
        default: "1.2",
      },
      maxVersion: {
        description: "The newest version of TLS that is offered.",
        type: "string",
        enum: VERSIONS,
        default: "1.3",
      },
      ciphers: {
        description: "Cipher suites in OpenSSL's notation, the preferred one " +
          "first. Left out: Node's or the runtime's. On Deno they need " +
          "--allow-ffi.",
        type: "string",
        minLength: 1,
      },
      alpn: {
        description: "Application protocols (RFC 7301), the preferred one " +
          "first. A client that offers others only is refused.",
        type: "array",
        items: { type: "string", minLength: 1 },
        default: ["ftp", "ftp-data", "x-filezilla-ftp"],
      },
      clientCert: {
        description: "Whether clients are asked for a certificate, and " +
          "whether they need one. Needs ca.",
        type: "string",
        enum: ["off", "request", "require"],
        default: "off",
      },
      ca: {
        title: "the name of a file",
        format: "path",
        description: "PEM file with the certificates that those of clients " +
          "must lead to.",
        type: "string",
        minLength: 1,
      },
    },
    examples: [{
      cert: "/etc/letsencrypt/live/ftp.example.org/fullchain.pem",
      key: "/etc/letsencrypt/live/ftp.example.org/privkey.pem",
      control: "required",
    }],
  },
  useOpenssl: flag(
    "Whether OpenSSL does TLS, called as a C library, where it can be (on " +
      "Linux; on Deno with --allow-ffi). Otherwise it is the runtime's own " +
      "TLS, which is slower.",
    true,
  ),
};
