import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Credentials and a region, which AWS's clients want and a router without access files does not look at. */
export const AWS_ENV = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** The reason to skip what needs a program that this machine does not have; false when it is there. */
export async function skipWithout(name: string, command: string, ...args: string[]): Promise<string | false> {
  return run(command, args).then(
    () => false as const,
    () => `${name} is not installed`,
  );
}

/** What a program of this folder called, and what AWS's model has. */
export interface Called {
  readonly called: readonly string[];
  readonly model: readonly string[];
}

/** Runs a Python program of this folder against a router. @throws when an answer was not as the program expects. */
export async function callEverything(program: string, url: string, python = "python3"): Promise<Called> {
  const { stdout } = await run(python, [join(import.meta.dirname, program), url], { env: AWS_ENV });
  return JSON.parse(stdout) as Called;
}
