// AUTH: RFC 2228 section 3, RFC 4217 section 4. PBSZ, PROT: RFC 4217 section 9.
// CCC: RFC 2228 section 3, RFC 4217 section 6.

import { reply } from "../protocol/reply.ts";
import type { CommandSpec, Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import { violation } from "../session/tls_policy.ts";

/** All of them mean the same today (RFC 4217 section 17). */
const MECHANISMS: ReadonlySet<string> = new Set([
  "TLS",
  "TLS-C",
  "SSL",
  "TLS-P",
]);

/** The handshake follows the reply; who was logged in is not any more. */
function authenticate(context: CommandContext, argument: string): Outcome {
  const mechanism = argument.toUpperCase();
  if (context.session.secure) return reply(503, "Already using TLS.");
  if (!MECHANISMS.has(mechanism)) {
    return reply(502, "Unrecognized encryption type (use TLS or SSL).");
  }
  if (context.settings.tls?.control === "off") {
    return reply(534, "SSL/TLS not allowed on the control channel.");
  }
  return {
    reply: reply(234, `AUTH ${mechanism} successful.`),
    startTls: true,
  };
}

/** Commands go on in clear, data connections as PROT says. */
function clearCommandChannel(context: CommandContext): Outcome {
  const { session, settings, state } = context;
  if (!session.secure) {
    return reply(533, "CCC not allowed on insecure control connection.");
  }
  const { control, clearCommandsAllowed = false } = settings.tls ?? {};
  if (!clearCommandsAllowed) return reply(534, "CCC not allowed.");
  // What AUTH was made for cannot be had without TLS.
  const demanded = violation(false, control, state.account?.tls?.control);
  if (demanded !== null) {
    return reply(534, "SSL/TLS required on the control channel.");
  }
  return { reply: reply(200, "CCC command successful."), stopTls: true };
}

/** TLS needs no buffer size: the answer is 0 whatever was asked. */
function protectionBuffer(context: CommandContext): Outcome {
  if (!context.session.secure) {
    return reply(503, "PBSZ not allowed on insecure control connection.");
  }
  context.state.bufferSizeAgreed = true;
  return reply(200, "PBSZ=0 successful.");
}

function protection(context: CommandContext, argument: string): Outcome {
  const { state } = context;
  if (!context.session.secure) {
    return reply(503, "PROT not allowed on insecure control connection.");
  }
  if (!state.bufferSizeAgreed) {
    return reply(503, "You must issue the PBSZ command prior to PROT.");
  }
  const level = argument.toUpperCase();
  switch (level) {
    case "C":
    case "P": {
      const wrong = violation(
        level === "P",
        context.settings.tls?.data,
        state.account?.tls?.data,
      );
      if (wrong !== null) {
        const word = wrong === "off" ? "not allowed" : "required";
        return reply(534, `SSL/TLS ${word} on the data channel.`);
      }
      state.protectsData = level === "P";
      return reply(
        200,
        `Protection set to ${level === "P" ? "Private" : "Clear"}`,
      );
    }
    case "S":
    case "E":
      return reply(521, `PROT ${level} unsupported (use C or P).`);
    default:
      return reply(502, "Unrecognized PROT type (use C or P).");
  }
}

/** The commands that a server with TLS has besides the others. */
export const TLS_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  AUTH: {
    argument: "required",
    login: "free",
    help: "Syntax: AUTH <SP> TLS|SSL (set up secure control channel).",
    feature: ({ settings }) =>
      settings.tls?.control === "off" ? null : ["AUTH TLS", "AUTH SSL"],
    run: authenticate,
  },
  CCC: {
    argument: "none",
    login: "free",
    help: "Syntax: CCC (go on without TLS on the control channel).",
    feature: ({ settings }) =>
      settings.tls?.clearCommandsAllowed === true ? "CCC" : null,
    run: clearCommandChannel,
  },
  PBSZ: {
    argument: "required",
    login: "free",
    help: "Syntax: PBSZ <SP> 0 (negotiate TLS buffer).",
    feature: "PBSZ",
    run: protectionBuffer,
  },
  PROT: {
    argument: "required",
    login: "free",
    help: "Syntax: PROT <SP> [C|P] (set up un/secure data channel).",
    feature: ({ settings }) => settings.tls?.data === "off" ? null : "PROT",
    run: protection,
  },
};
