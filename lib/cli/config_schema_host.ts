import type { JsonSchema } from "../base/json_schema.ts";
import { flag, milliseconds } from "./config_schema_server.ts";

/** Listening sockets. */
export const LISTEN_KEYS: Readonly<Record<string, JsonSchema>> = {
  listen: {
    description: "Where the server listens: any number of addresses, Unix " +
      "sockets and descriptors.",
    type: "array",
    minItems: 1,
    default: [{ port: 2121 }],
    examples: [[{ port: 21 }, { port: 990, implicitTls: true }]],
    items: {
      title: "a table such as { port = 21 }",
      type: "object",
      additionalProperties: false,
      properties: {
        address: {
          title: "an IP address or a name of this machine",
          description:
            "An IP address or a name of this machine; a link-local " +
            "address has its zone, as in fe80::1%eth0. Left out: all " +
            "addresses, IPv6 and IPv4.",
          type: "string",
          minLength: 1,
        },
        port: {
          description: "The port; 0 lets the system choose.",
          type: "integer",
          minimum: 0,
          maximum: 65535,
          default: 2121,
        },
        path: {
          title: "the name of a file",
          format: "path",
          description: "A Unix socket, in place of address and port, for a " +
            "proxy on the same machine. Clients count as 127.0.0.1, and data " +
            "connections use that address.",
          type: "string",
          minLength: 1,
        },
        descriptor: {
          description: "A socket that was opened by who started the server, " +
            "in place of address and port. Sockets of systemd are found " +
            "without it.",
          type: "integer",
          minimum: 0,
        },
        implicitTls: flag(
          "Whether clients begin with TLS, as on port 990. Needs tls.",
          false,
        ),
      },
    },
  },
  backlog: {
    description: "Control connections that wait to be accepted.",
    type: "integer",
    minimum: 1,
    default: 100,
  },
};

const NAMES: JsonSchema = {
  title: "a list of names",
  type: "array",
  minItems: 1,
  items: { title: "the name of a user", type: "string", minLength: 1 },
};

/** Folders and users. */
export const ACCESS_KEYS: Readonly<Record<string, JsonSchema>> = {
  directory: {
    title: "a folder",
    format: "path",
    description: "The folder to share; relative to the folder of this file. " +
      "Left out: the folder where the server is started.",
    type: "string",
    minLength: 1,
  },
  write: flag(
    "Whether clients may change and delete files. Users of the users file " +
      "who have permissions there keep to those.",
    false,
  ),
  mounts: {
    description: "Other folders that appear in the one that is shared, by " +
      "absolute paths as clients see them.",
    type: "object",
    propertyNames: { title: "an absolute path", pattern: "^/." },
    additionalProperties: {
      title: 'a table such as { directory = "/srv/incoming" }',
      type: "object",
      additionalProperties: false,
      required: ["directory"],
      properties: {
        directory: {
          title: "a folder",
          format: "path",
          description: "The folder; relative to the folder of this file.",
          type: "string",
          minLength: 1,
        },
        write: flag(
          "False: nobody may change it, whatever else is allowed.",
          true,
        ),
      },
    },
    examples: [{ "/incoming": { directory: "/srv/incoming" } }],
  },
  users: {
    title: "the name of a file",
    format: "path",
    description: "The users, each with rights, folder and limits of their " +
      "own; see schema/users.schema.json. Left out: username, or anonymous.",
    type: "string",
    minLength: 1,
  },
  systemUsers: {
    title: "a table of settings",
    description: "Lets the users of this machine in, by their own passwords " +
      "and rights, each in the home; even when it is empty. For root; in " +
      "place of users, username, directory and mounts.",
    type: "object",
    additionalProperties: false,
    properties: {
      allowed: {
        ...NAMES,
        description: "Only these. Left out: everybody but root.",
      },
      rejected: { ...NAMES, description: "All but these." },
      anonymous: {
        description: "The user whom anonymous stands for. Left out: no " +
          "anonymous logins.",
        type: "string",
        minLength: 1,
      },
      jail: flag("Whether users see no more than their homes.", true),
    },
    examples: [{ allowed: ["ann", "bob"] }],
  },
  authUrl: {
    title: "a URL",
    description: "A web service that is asked for each login, by https, or " +
      "by http on this machine, as --auth-url does.",
    type: "string",
    pattern: "^https?://.",
  },
  authProgram: {
    title: "the name of a program",
    format: "path",
    description: "A program that is asked for each login, as --auth-program " +
      "does; relative to the folder of this file.",
    type: "string",
    minLength: 1,
  },
  username: {
    title: "a name other than anonymous",
    description:
      "The only user. The password comes from passwordFile or from " +
      "the variable ANYFTPD_PASSWORD.",
    type: "string",
    pattern: "^(?!anonymous$).+$",
  },
  passwordFile: {
    title: "the name of a file",
    format: "path",
    description: "File whose first line is the password of username.",
    type: "string",
    minLength: 1,
  },
  atomicUploads: flag(
    "Whether an uploaded file appears when it is complete, in one step, in " +
      "the place of what was there before.",
    false,
  ),
  noOverwrite: flag(
    "Whether files that are there are protected: nobody may replace them, " +
      "shorten them or write into them.",
    false,
  ),
  fsync: flag(
    "Whether an upload is confirmed only when its bytes are on the disk, so " +
      "that a power failure does not take them back. It makes uploads as " +
      "slow as the disk.",
    false,
  ),
};

/** The log. */
export const LOG_KEYS: Readonly<Record<string, JsonSchema>> = {
  logLevel: {
    description: "What is logged: every command and reply, what happens, or " +
      "warnings and errors only.",
    type: "string",
    enum: ["debug", "info", "warn", "error"],
    default: "info",
  },
  loggedCommands: {
    description: "Commands that are logged at level info.",
    type: "array",
    items: { title: "the name of a command", type: "string" },
    default: [
      "DELE",
      "RNFR",
      "RNTO",
      "MKD",
      "RMD",
      "CWD",
      "XMKD",
      "XRMD",
      "XCWD",
      "REIN",
      "SITE CHMOD",
      "MFMT",
    ],
  },
  log: {
    title: "a table of settings",
    description: "Where the log goes.",
    type: "object",
    additionalProperties: false,
    properties: {
      format: {
        description: "Lines for people, or JSON, one record per line.",
        type: "string",
        enum: ["text", "json"],
        default: "text",
      },
      file: {
        title: "the name of a file",
        format: "path",
        description: "A file to write to instead of standard error. A reload " +
          "opens it anew, after logrotate has moved it.",
        type: "string",
        minLength: 1,
      },
      xferlog: {
        title: "the name of a file",
        format: "path",
        description: "A file that gets a line for each transfer, in the form " +
          "of xferlog. A reload opens it anew.",
        type: "string",
        minLength: 1,
      },
    },
  },
};

/** Processes and their end. */
export const PROCESS_KEYS: Readonly<Record<string, JsonSchema>> = {
  concurrency: {
    description:
      "async: one process; the others: worker processes that share " +
      "the sessions, as pyftpdlib calls it.",
    type: "string",
    enum: ["async", "pre-fork", "multi-thread", "multi-proc"],
    default: "async",
  },
  workers: {
    description:
      "Worker processes, with a concurrency other than async. Left " +
      "out: one for each core.",
    type: "integer",
    minimum: 1,
  },
  graceMs: milliseconds(
    "Time that transfers get to finish when the server is stopped.",
    10_000,
  ),
};
