import type { JsonSchema } from "../base/json_schema.ts";

const PERMISSIONS: JsonSchema = {
  title: "letters out of elradfmwMT",
  description: "What is allowed: e enter folders, l list, r read, a append, " +
    "d delete, f rename, m make folders, w write, M change modes, T change " +
    "times.",
  type: "string",
  pattern: "^[elradfmwMT]*$",
};

const RATE: JsonSchema = {
  description: "Bytes per second over all sessions of the user; 0 is no limit.",
  type: "integer",
  minimum: 0,
  default: 0,
};

const POLICY: JsonSchema = {
  title: '"off", "allowed" or "required"',
  type: "string",
  enum: ["off", "allowed", "required"],
  default: "allowed",
};

const USER: JsonSchema = {
  description: "One user.",
  type: "object",
  additionalProperties: false,
  properties: {
    password: {
      title: "the hash of a password",
      description: "A hash as 'anyftpd hash' prints it. Only the user named " +
        "'anonymous' may do without, who then gets in with any password.",
      type: "string",
      minLength: 1,
    },
    directory: {
      title: "a folder",
      description: "The folder of the disk that the user sees as '/'; " +
        "relative to the folder of this file. Left out: the folder that the " +
        "server shares.",
      type: "string",
      minLength: 1,
    },
    home: {
      title: "an absolute path",
      description: "Where sessions start, as the user sees it.",
      type: "string",
      pattern: "^/",
      default: "/",
    },
    permissions: {
      ...PERMISSIONS,
      description: `${PERMISSIONS.description} Left out: elr, or everything ` +
        "with --write.",
    },
    folders: {
      description: "Other permissions for some folders, named by absolute " +
        "paths as the user sees them. The deepest folder decides.",
      type: "object",
      propertyNames: { title: "an absolute path", pattern: "^/" },
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["permissions"],
        properties: {
          permissions: PERMISSIONS,
          recursive: {
            description: "Whether folders below it are meant too.",
            type: "boolean",
            default: true,
          },
        },
      },
    },
    enabled: {
      description: "False keeps the user out.",
      type: "boolean",
      default: true,
    },
    expires: {
      title: "a date such as 2030-12-31 or 2030-12-31T18:00:00Z",
      description: "From this moment on the user is kept out; a date alone " +
        "is its beginning, UTC.",
      type: "string",
      pattern: "^\\d{4}-\\d\\d-\\d\\d" +
        "(T\\d\\d:\\d\\d(:\\d\\d)?(Z|[+-]\\d\\d:\\d\\d))?$",
    },
    networks: {
      title: "a list of networks",
      description: "Where the user may come from: addresses and networks " +
        "such as 192.168.0.0/16 or 2001:db8::/32. Left out: from anywhere.",
      type: "array",
      items: { title: "a network such as 192.168.0.0/16", type: "string" },
    },
    limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        downloadRate: RATE,
        uploadRate: RATE,
        sessions: {
          description: "Sessions at the same time; 0 is no limit.",
          type: "integer",
          minimum: 0,
          default: 0,
        },
      },
    },
    quota: {
      description: "What may lie in the user's folder, whoever put it there. " +
        "The folder is counted once; what other programs change there is not " +
        "seen before it is full.",
      type: "object",
      additionalProperties: false,
      properties: {
        bytes: {
          description: "The sizes of all files together.",
          type: "integer",
          minimum: 0,
        },
        files: {
          description: "Files, folders and links together.",
          type: "integer",
          minimum: 0,
        },
      },
    },
    tls: {
      description: "What is asked of the user's connections; the stricter " +
        "of this and what the server asks holds.",
      type: "object",
      additionalProperties: false,
      properties: {
        control: { ...POLICY, description: "For commands and passwords." },
        data: { ...POLICY, description: "For files and listings." },
      },
    },
    loginMessage: {
      description: "The text of the reply to a login.",
      type: "string",
    },
    quitMessage: {
      description: "The text of the reply to QUIT.",
      type: "string",
    },
  },
};

const { password: _, ...ACCOUNT } = USER.properties!;

const NAME: JsonSchema = {
  title: "a name without control characters",
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
};

/**
 * What a service or a program answers that knows the user; published as
 * `schema/account.schema.json`. The members mean what they mean in a users
 * file; `{}` is a user without anything special.
 */
export const ACCOUNT_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "an object",
  description: "The account of a user who may log in to an anyftpd server.",
  type: "object",
  additionalProperties: false,
  properties: {
    name: {
      ...NAME,
      description: "The name of the user, which limits and the log go by. " +
        "To be given where names can be written in several ways, as where " +
        "the case of letters does not count. Left out: what the client sent.",
      type: "string",
    },
    ...ACCOUNT,
  },
};

/** What a users file may hold; published as `schema/users.schema.json`. */
export const USERS_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "an object with the member users",
  description: "The users of an anyftpd server.",
  type: "object",
  additionalProperties: false,
  required: ["users"],
  properties: {
    $schema: {
      description: "Where this schema is, for editors.",
      type: "string",
    },
    users: {
      description: "By name; letters are told apart by their case.",
      type: "object",
      propertyNames: NAME,
      additionalProperties: USER,
    },
  },
};
