import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { storeOf } from "../../config/settings/store-settings.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { readTlsFiles } from "../../config/live/live-certificate.ts";
import { createSealing } from "../../edge/sealing/sealing.ts";
import { checkSecrets } from "../../flow/secrets/secrets.ts";
import type { Entities } from "../../ports/store/entities.ts";
import type { StoreFinding } from "../../ports/store/store-finding.ts";
import { CommandError } from "../command-error.ts";
import { environmentSettings } from "../options/options.ts";
import { inOneLine } from "../output/escape.ts";
import { counted } from "../output/format.ts";
import type { Terminal } from "../terminal.ts";

const NO_STORE = "there is no store: BUSBAR_STORE says where it is";

/** `store`: what is wrong with the store, and the script for a role that may not change its schema. */
export function addStore(program: Command, terminal: Terminal): void {
  const store = program.command("store").description("check the store, or print the script that makes its schema");
  store
    .command("check")
    .description("say what is wrong with the store: exit code 0 when nothing is, else 1")
    .option("--json", "print one JSON object: ok, findings")
    .action(async (options: { json?: boolean }) => {
      const findings = await check(environmentSettings(terminal.env));
      const problems = findings.filter(({ isProblem }) => isProblem).length;
      if (options.json) terminal.printJson({ ok: problems === 0, findings });
      else for (const finding of findings) terminal.print(`${lineOf(finding)}\n`);
      if (problems === 0) return;
      terminal.exitCode = 1;
      if (!options.json) terminal.note(`${counted(problems, "problem")}\n`);
    });
  store
    .command("script")
    .description("print the SQL that makes the schema in PostgreSQL, for a role that may not make it itself")
    .option("--from <version>", "the version that the schema has, as `store check` says it", versionOption, 0)
    .option("--role <name>", "the role that routers sign in as (default: the user of BUSBAR_STORE)")
    .action(async ({ from, role }: { from: number; role?: string }) => {
      const { schemaScript } = await import("../../edge/postgres/postgres-schema.ts");
      terminal.print(schemaScript(from, role ?? (await roleOf(environmentSettings(terminal.env)))));
    });
}

async function check(settings: Settings): Promise<readonly StoreFinding[]> {
  const where = storeOf(settings);
  if (where === undefined) throw new CommandError(NO_STORE);
  const sealing = createSealing(settings.secretKey);
  const checkContent = (store: Pick<Entities, "scan">): Promise<readonly StoreFinding[]> =>
    checkSecrets(store, sealing);
  if (where === "embedded") {
    const { checkSqliteStore } = await import("../../edge/sqlite/store/check-sqlite-store.ts");
    return checkSqliteStore(settings.data, checkContent);
  }
  const { checkPostgresStore } = await import("../../edge/postgres/check-postgres-store.ts");
  const { storeCaFile: ca, storeCertFile: cert, storeKeyFile: key } = settings;
  return checkPostgresStore(where, await readTlsFiles({ ca, cert, key }), checkContent);
}

async function roleOf(settings: Settings): Promise<string> {
  const where = storeOf(settings);
  if (where === undefined || where === "embedded")
    throw new CommandError("the script is for PostgreSQL: name the role that routers sign in as with --role");
  const { postgresAddress } = await import("../../edge/postgres/postgres-address.ts");
  return postgresAddress(where[0] ?? "", {}).user;
}

function lineOf({ isProblem, text }: StoreFinding): string {
  return `${isProblem ? "problem" : "ok     "}  ${inOneLine(text)}`;
}

function versionOption(value: string): number {
  if (/^\d{1,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a whole number.");
}
