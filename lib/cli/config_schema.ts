import type { JsonSchema } from "../base/json_schema.ts";
import {
  ACCESS_KEYS,
  LISTEN_KEYS,
  LOG_KEYS,
  PROCESS_KEYS,
} from "./config_schema_host.ts";
import {
  ADDRESS_KEYS,
  LIMIT_KEYS,
  PROTOCOL_KEYS,
  TIME_KEYS,
} from "./config_schema_server.ts";
import { TLS_KEYS } from "./config_schema_tls.ts";

/** Keys that belong together, for whoever reads about them. */
export interface ConfigSection {
  readonly title: string;
  readonly properties: Readonly<Record<string, JsonSchema>>;
}

/** All keys, in the order of the manual. */
export const CONFIG_SECTIONS: readonly ConfigSection[] = [
  { title: "Where the server listens", properties: LISTEN_KEYS },
  { title: "Who gets in, and to what", properties: ACCESS_KEYS },
  { title: "Encryption", properties: TLS_KEYS },
  { title: "Limits", properties: LIMIT_KEYS },
  { title: "Times", properties: TIME_KEYS },
  { title: "Data connections", properties: ADDRESS_KEYS },
  { title: "Protocol", properties: PROTOCOL_KEYS },
  { title: "Log", properties: LOG_KEYS },
  { title: "Processes", properties: PROCESS_KEYS },
];

/**
 * What a configuration file may hold; published as
 * `schema/config.schema.json`.
 */
export const CONFIG_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "an object",
  description: "The configuration of an anyftpd server.",
  type: "object",
  additionalProperties: false,
  properties: {
    $schema: {
      description: "Where this schema is, for editors.",
      type: "string",
    },
    ...Object.assign({}, ...CONFIG_SECTIONS.map((each) => each.properties)),
  },
};
