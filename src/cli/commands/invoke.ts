import type { Command } from "commander";
import { Option } from "commander";
import { lambdaRefusal } from "../client/lambda-refusal.ts";
import { callRouterForText, notOurs, tokenIn } from "../client/router-call.ts";
import { localRouterUrl, urlOption } from "../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../options/text-source.ts";
import { inOneLine } from "../output/escape.ts";
import type { Terminal } from "../terminal.ts";

interface Options {
  readonly payload: string;
  readonly type: string;
  readonly log?: boolean;
  readonly url?: string;
}

/** The longest that a function may take, and some more. */
const ANSWER_MS = 930_000;

/** `invoke`: calls a function by the Lambda API, and prints its answer. */
export function addInvoke(program: Command, terminal: Terminal): void {
  program
    .command("invoke")
    .description("call a function by the Lambda API, as aws lambda invoke does: exit code 1 when it failed")
    .argument("<name>", "the function, or its ARN")
    .option("--payload <source>", `what the function is given, any JSON: ${TEXT_SOURCE_HELP}`, "{}")
    .addOption(
      new Option("--type <type>", "wait for the answer, put the payload into the function's queue, or only check")
        .choices(["RequestResponse", "Event", "DryRun"])
        .default("RequestResponse"),
    )
    .option("--log", "print the last 4 KiB of what a local function wrote to standard error")
    .option(
      "--url <url>",
      "where the router listens (default: by BUSBAR_HOST and BUSBAR_HTTP_PORT)",
      urlOption("--url"),
    )
    .action(async (name: string, options: Options) => {
      const url = options.url ?? localRouterUrl("httpPort", terminal.env);
      const payload = await readTextSource(options.payload, terminal.stdin);
      await invoke(name, payload, { ...options, url }, terminal);
    });
}

async function invoke(
  name: string,
  payload: string,
  { type, log = false, url }: Options & { readonly url: string },
  terminal: Terminal,
): Promise<void> {
  const answer = await callRouterForText(
    new URL(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, url).href,
    {
      server: "router",
      method: "POST",
      headers: { "x-amz-invocation-type": type, "x-amz-log-type": log ? "Tail" : "None" },
      body: payload,
      token: tokenIn(terminal.env),
      timeoutMs: ANSWER_MS,
    },
  );
  const { status, headers, text } = answer;
  const code = headers.get("x-amzn-errortype");
  if (code !== null) throw lambdaRefusal(code, text);
  const requestId = headers.get("x-amzn-requestid");
  if (requestId === null) throw notOurs("router", url, { ...answer, body: undefined });
  const tail = headers.get("x-amz-log-result");
  if (tail !== null) for (const line of linesOf(tail)) terminal.note(`${inOneLine(line)}\n`);
  // The answer goes to standard output, so that it can be passed on.
  if (status === 200) terminal.print(`${text}\n`);
  else terminal.note(type === "Event" ? `queued as ${inOneLine(requestId)}\n` : "it may be called\n");
  const failed = headers.get("x-amz-function-error");
  if (failed === null) return;
  terminal.note(`the function failed: ${inOneLine(failed)}\n`);
  terminal.exitCode = 1;
}

function linesOf(logResult: string): readonly string[] {
  return Buffer.from(logResult, "base64").toString().trimEnd().split("\n");
}
