import { hasControlCharacter } from "../protocol/command_line.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { TlsPolicy } from "../spi/authorizer.ts";
import type { CommandSpec } from "./command.ts";
import type { SessionState } from "./state.ts";
import type { violation } from "./tls_policy.ts";

/** A command on its way to its handler. */
export interface Request {
  readonly verb: string;
  readonly argument: string;
}

/**
 * A question that a command must pass; the answer is a reply when it must not
 * go on. Gates look at the command's columns, never at its name.
 */
type Gate = (
  spec: CommandSpec,
  request: Request,
  state: SessionState,
  security: Security,
) => Reply | null;

/** What the server and the user require, and what the session has. */
export interface Security {
  readonly secure: boolean;
  /** The server's policy. */
  readonly control: TlsPolicy;
  /** What is wrong with PROT, by the server's policy or the user's. */
  readonly data: ReturnType<typeof violation>;
}

const GATES: readonly Gate[] = [
  function argumentNeeded(spec, { argument }) {
    const needed = spec.argument === "required" || spec.argument === "two";
    return needed && argument === ""
      ? reply(501, "Syntax error: command needs an argument.")
      : null;
  },
  function argumentRefused(spec, { argument }) {
    return spec.argument === "none" && argument !== ""
      ? reply(501, "Syntax error: command does not accept arguments.")
      : null;
  },
  function secureControlNeeded(spec, _request, _state, security) {
    return spec.secret === true && !security.secure &&
        security.control === "required"
      ? reply(550, "SSL/TLS required on the control channel.")
      : null;
  },
  function loginNeeded(spec, { argument }, state) {
    const needed = spec.login === "needed" ||
      (spec.login === "with-argument" && argument !== "");
    return needed && state.account === null
      ? reply(530, "Log in with USER and PASS first.")
      : null;
  },
  function dataProtection(spec, _request, _state, security) {
    if (spec.data === undefined || security.data === null) return null;
    return security.data === "required"
      ? reply(550, "SSL/TLS required on the data channel.")
      : reply(550, "SSL/TLS not allowed on the data channel.");
  },
  function globRefused(spec, { argument }) {
    return spec.globs === "refused" && /[*?[]/.test(argument)
      ? reply(550, "Globbing not supported.")
      : null;
  },
  function twoArguments(spec, { argument }) {
    return spec.argument === "two" && !/^[^ ]+ ./.test(argument)
      ? reply(501, "Syntax error: command needs two arguments.")
      : null;
  },
  // A name with a line break could forge a reply when it is shown again, and a
  // NUL ends it early for the system (RFC 3659 section 2.2 rules both out).
  function pathReadable(spec, { argument }) {
    return spec.path !== undefined && hasControlCharacter(argument)
      ? reply(501, "Syntax error: path holds a NUL, CR or LF character.")
      : null;
  },
];

/** The first gate that does not let the command through, or `null`. */
export function checkGates(
  spec: CommandSpec,
  request: Request,
  state: SessionState,
  security: Security,
): Reply | null {
  for (const gate of GATES) {
    const refusal = gate(spec, request, state, security);
    if (refusal !== null) return refusal;
  }
  return null;
}
