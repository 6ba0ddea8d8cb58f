import type { Command } from "commander";
import { z } from "zod";
import { splitFunctionName } from "../../domain/target/function-version.ts";
import { parseJson } from "../../json/json.ts";
import { lambdaRefusal } from "../client/lambda-refusal.ts";
import { callRouterForText, notOurs, tokenIn } from "../client/router-call.ts";
import { CommandError } from "../command-error.ts";
import { localRouterUrl, urlOption } from "../options/options.ts";
import { formatTable } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

const alias = z.object({
  Name: z.string(),
  FunctionVersion: z.string(),
  Description: z.string(),
  RevisionId: z.string(),
  RoutingConfig: z.object({ AdditionalVersionWeights: z.record(z.string(), z.number()) }).exactOptional(),
  /** The version that its file names, while that is shifted. */
  FileVersion: z.string().exactOptional(),
});
type Alias = z.output<typeof alias>;

const aliasPage = z.object({ Aliases: z.array(alias) });

interface Options {
  readonly url?: string;
  readonly json?: boolean;
}

interface ShiftOptions extends Options {
  readonly to?: string;
  readonly weight?: string;
  readonly complete?: boolean;
  readonly back?: boolean;
}

/** `aliases`: which versions the aliases of a function call, and shifts between them. */
export function addAliases(program: Command, terminal: Terminal): void {
  const aliases = program.command("aliases").description("list the aliases of a function, and shift their traffic");
  withOptions(aliases.command("list").argument("<function>", "its name"))
    .description("list a function's aliases, with what they call")
    .action(async (name: string, options: Options) => {
      const { Aliases } = aliasPage.parse(await ask(`${pathOf(name)}/aliases`, "GET", undefined, options, terminal));
      if (options.json === true) return terminal.printJson(Aliases);
      terminal.print(formatTable(HEAD, Aliases.map(rowOf)));
    });
  withOptions(aliases.command("show").argument("<function:alias>", "as orders:live"))
    .description("show which versions an alias calls")
    .action(async (named: string, options: Options) => {
      const shown = await getAlias(named, options, terminal);
      if (options.json === true) return terminal.printJson(shown);
      terminal.print(formatTable(HEAD, [rowOf(shown)]));
    });
  withOptions(aliases.command("shift").argument("<function:alias>", "as orders:live"))
    .description("give a second version a share of an alias's calls, all of them, or none again")
    .option("--to <version>", "the second version, with --weight")
    .option("--weight <share>", "its share of the calls, from 0 to 1")
    .option("--complete", "all calls go to the second version from now on")
    .option("--back", "all calls go to the first version again, also after --complete where a file names it")
    .action(async (named: string, options: ShiftOptions) => {
      const before = await getAlias(named, options, terminal);
      const update = { ...shiftOf(before, options), RevisionId: before.RevisionId };
      const shifted = alias.parse(await ask(aliasPath(named), "PUT", update, options, terminal));
      if (options.json === true) return terminal.printJson(shifted);
      terminal.print(formatTable(HEAD, [rowOf(shifted)]));
    });
}

const HEAD = ["ALIAS", "VERSION", "ALSO", "SHARE", "DESCRIPTION"];

function rowOf({ Name, FunctionVersion, RoutingConfig, Description }: Alias): readonly string[] {
  const [also] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  return [Name, FunctionVersion, also?.[0] ?? "", also === undefined ? "" : String(also[1]), Description];
}

/** What an update is to say. @throws CommandError for options that do not fit together, or not the alias */
function shiftOf(before: Alias, { to, weight, complete, back }: ShiftOptions): object {
  const { FunctionVersion, RoutingConfig } = before;
  const ways = [to !== undefined || weight !== undefined, complete === true, back === true];
  if (ways.filter(Boolean).length !== 1) throw new CommandError("give --to with --weight, or --complete, or --back");
  if (back === true) return { FunctionVersion: firstVersion(before), RoutingConfig: {} };
  if (complete === true) {
    const [second] = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {});
    if (second === undefined) throw new CommandError("no second version has a share of its calls");
    return { FunctionVersion: second, RoutingConfig: {} };
  }
  const share = Number(weight);
  if (to === undefined || weight === undefined || weight.trim() === "" || !(share >= 0 && share <= 1))
    throw new CommandError("--to names a version, and --weight its share of the calls, from 0 to 1");
  return { FunctionVersion, RoutingConfig: { AdditionalVersionWeights: { [to]: share } } };
}

/** The version that had all calls before a second one had some. Once those are all, only a file knows it. */
function firstVersion({ FunctionVersion, RoutingConfig, FileVersion }: Alias): string {
  if (RoutingConfig !== undefined) return FunctionVersion;
  if (FileVersion !== undefined) return FileVersion;
  throw new CommandError("no second version has a share of its calls, and no file names another version");
}

async function getAlias(named: string, options: Options, terminal: Terminal): Promise<Alias> {
  return alias.parse(await ask(aliasPath(named), "GET", undefined, options, terminal));
}

function aliasPath(named: string): string {
  const { name, qualifier } = splitFunctionName(named);
  if (qualifier === undefined) throw new CommandError(`name an alias as FUNCTION:ALIAS, not ${named}`);
  return `${pathOf(name)}/aliases/${encodeURIComponent(qualifier)}`;
}

function pathOf(name: string): string {
  return `/2015-03-31/functions/${encodeURIComponent(name)}`;
}

/** @throws CommandError for an error of the Lambda API */
async function ask(
  path: string,
  method: "GET" | "PUT",
  body: object | undefined,
  options: Options,
  { env }: Terminal,
): Promise<unknown> {
  const url = options.url ?? localRouterUrl("httpPort", env);
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = { server: "router", method, token: tokenIn(env), ...given } as const;
  const answer = await callRouterForText(new URL(path, url).href, request);
  const code = answer.headers.get("x-amzn-errortype");
  if (code !== null) throw lambdaRefusal(code, answer.text);
  const json = parseJson(answer.text);
  if (answer.status !== 200 || json === undefined) throw notOurs("router", url, { ...answer, body: undefined });
  return json;
}

function withOptions(command: Command): Command {
  return command
    .option(
      "--url <url>",
      "where the router listens (default: by BUSBAR_HOST and BUSBAR_HTTP_PORT)",
      urlOption("--url"),
    )
    .option("--json", "print JSON");
}
