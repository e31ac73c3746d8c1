import type { JsonSchema } from "../base/json_schema.ts";

/** The most milliseconds that a timer takes on every runtime. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A port that can be connected to. */
export const PORT: JsonSchema = {
  title: "a port",
  type: "integer",
  minimum: 1,
  maximum: 65535,
};

/** Milliseconds that a timer takes. */
export function milliseconds(
  description: string,
  byDefault: number,
): JsonSchema {
  return {
    description: `${description} In milliseconds.`,
    type: "integer",
    minimum: 0,
    maximum: MAX_TIMER_MS,
    default: byDefault,
  };
}

function count(
  description: string,
  byDefault: number,
  minimum: number,
): JsonSchema {
  return { description, type: "integer", minimum, default: byDefault };
}

/** True or false. */
export function flag(description: string, byDefault: boolean): JsonSchema {
  return { description, type: "boolean", default: byDefault };
}

/** Limits of the server. */
export const LIMIT_KEYS: Readonly<Record<string, JsonSchema>> = {
  maxConnections: count(
    "Control connections, passive ports and data connections together; 0 is " +
      "no limit. Whoever comes then reads 421.",
    512,
    0,
  ),
  maxConnectionsPerAddress: count(
    "Control connections of one client address; 0 is no limit.",
    0,
    0,
  ),
  maxLoginAttempts: count(
    "Refused logins after which a session is ended.",
    3,
    1,
  ),
  maxLineBytes: count(
    "Length of one command line without its line end, in bytes.",
    2048,
    16,
  ),
  maxBytesBeforeLogin: count(
    "Bytes that a client may send before it is logged in; 0 is no limit.",
    65536,
    0,
  ),
  maxQueuedCommands: count(
    "Commands that may wait for the end of a transfer.",
    64,
    1,
  ),
  downloadRate: count(
    "Bytes per second of each download; 0 is no limit. Users may have limits " +
      "of their own besides.",
    0,
    0,
  ),
  uploadRate: count("Bytes per second of each upload; 0 is no limit.", 0, 0),
};

/** Times of the server. */
export const TIME_KEYS: Readonly<Record<string, JsonSchema>> = {
  idleTimeoutMs: milliseconds(
    "Time without a command before the session ends; 0 never ends it. The " +
      "clock stands still while a data connection is open.",
    300_000,
  ),
  dataTimeoutMs: milliseconds(
    "Time in which a data connection must move at least one byte; 0 never " +
      "ends it.",
    300_000,
  ),
  passiveTimeoutMs: milliseconds(
    "Time to wait for the client on a passive port; 0 waits for ever.",
    30_000,
  ),
  activeTimeoutMs: milliseconds(
    "Time to wait for the client's port in active mode; 0 leaves it to the " +
      "system.",
    30_000,
  ),
  failedLoginDelayMs: milliseconds(
    "Time before a refused login is answered.",
    3_000,
  ),
};

/** Addresses and ports of data connections. */
export const ADDRESS_KEYS: Readonly<Record<string, JsonSchema>> = {
  passivePorts: {
    title: "a range such as { from = 50000, to = 50100 }, or a list of ports",
    description:
      "Ports for passive connections: a range, both ends included, " +
      "or a list. Left out: the system chooses. A firewall has to let them " +
      "through.",
    anyOf: [
      {
        type: "object",
        additionalProperties: false,
        required: ["from", "to"],
        properties: {
          from: { ...PORT, description: "The first port." },
          to: { ...PORT, description: "The last port." },
        },
      },
      { type: "array", minItems: 1, items: PORT },
    ],
    examples: [{ from: 50000, to: 50100 }],
  },
  masqueradeAddress: {
    title: "an IPv4 address or a host name",
    description: "The IPv4 address that PASV shows, for a server behind NAT. " +
      "A host name is looked up now, and again every minute.",
    type: "string",
    minLength: 1,
    examples: ["203.0.113.5", "ftp.example.org"],
  },
  masqueradeAddressMap: {
    description: "The same for servers with several addresses: the address " +
      "that the client reached, and the IPv4 address to show. Wins over " +
      "masqueradeAddress.",
    type: "object",
    additionalProperties: { title: "an IPv4 address", type: "string" },
    examples: [{ "10.0.0.2": "203.0.113.5" }],
  },
  masqueradeNetworks: {
    description: "The same by where the client comes from: networks, or " +
      "'private' for all that are not the Internet; and the IPv4 address to " +
      "show, or 'local' for the one that the client reached. The smallest " +
      "network decides. Wins over the other two.",
    type: "object",
    additionalProperties: {
      title: 'an IPv4 address or "local"',
      type: "string",
    },
    examples: [{ private: "local", "198.51.100.0/24": "198.51.100.1" }],
  },
  permitForeignAddresses: flag(
    "Whether data connections may lead to another address than the client's " +
      "(site-to-site transfers). It opens the door to bounce attacks " +
      "(RFC 2577).",
    false,
  ),
  permitPrivilegedPorts: flag(
    "Whether clients may name ports below 1024 for active mode.",
    false,
  ),
  sendfile: flag(
    "Whether clear binary downloads are sent by the system (sendfile) where " +
      "it can.",
    true,
  ),
};

/** What is said on the control connection. */
export const PROTOCOL_KEYS: Readonly<Record<string, JsonSchema>> = {
  banner: {
    description: "The greeting after 220.",
    type: "string",
    default: "anyftpd ready.",
  },
  encoding: {
    description: "Of command lines, replies and listings: a name of the " +
      "Encoding Standard, such as utf-8, latin1, gbk, shift_jis.",
    type: "string",
    minLength: 1,
    default: "utf-8",
  },
  unicodeErrors: {
    description:
      "What becomes of bytes that are not valid text: kept as they " +
      "are, replaced by U+FFFD, or the command refused.",
    type: "string",
    enum: ["preserve", "replace", "strict"],
    default: "preserve",
  },
  lineEnding: {
    description: "What ends a command: CRLF only, or LF and CR CR LF too.",
    type: "string",
    enum: ["crlf", "any"],
    default: "crlf",
  },
  localTime: flag(
    "Whether times are shown in the server's zone instead of UTC.",
    false,
  ),
  disabledCommands: {
    description: "Commands that are not known, neither to HELP and FEAT: " +
      "verbs, and SITE with a word.",
    type: "array",
    items: {
      title: "the name of a command",
      type: "string",
      pattern: "^[A-Za-z]+( [A-Za-z]+)?$",
    },
    default: [],
    examples: [["PORT", "EPRT", "SITE CHMOD"]],
  },
  noDelay: flag("TCP_NODELAY on control connections.", true),
};
