import { spawn } from "node:child_process";
import { once } from "node:events";
import { startRabbitMq } from "./support/rabbitmq.ts";

const PURE = ["test/unit/**/*.test.ts", "test/simulation/**/*.test.ts", "test/fuzz/**/*.test.ts"];
const WITH_RABBITMQ = ["test/contract/**/*.test.ts", "test/integration/**/*.test.ts", "test/e2e/**/*.test.ts"];

/**
 * Runs every test. The pure ones run side by side; the others share one RabbitMQ and measure time, so they take turns.
 * Last come faults under load, on a RabbitMQ of their own. Without `AMQP_URL` a node is started for the whole run.
 */
const PHASES = [tests(2, ...PURE), tests(1, ...WITH_RABBITMQ), ["bench/faults/main.ts", "--ci"]];

/** With `--coverage`: every test in one go, and which lines of the source they reach, the routers' own processes included. */
const COVERAGE = [
  [
    "--experimental-test-coverage",
    "--test-coverage-include=src/**/*.ts",
    "--test-coverage-lines=90",
    ...tests(1, ...PURE, ...WITH_RABBITMQ),
  ],
];

function tests(concurrency: number, ...files: string[]): string[] {
  return ["--test", "--test-reporter=spec", `--test-concurrency=${concurrency}`, "--test-timeout=300000", ...files];
}

/** Resolves with the exit code. */
async function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  await once(child, "exit");
  return child.exitCode ?? 1;
}

async function provideRabbitMq(): Promise<() => Promise<void>> {
  if (process.env["AMQP_URL"]) return () => Promise.resolve();
  const rabbitMq = await startRabbitMq();
  process.env["AMQP_URL"] = rabbitMq.url;
  process.env["BUSBAR_TEST_RABBITMQ_MANAGEMENT"] = rabbitMq.managementUrl;
  return () => rabbitMq.remove();
}

const stop = await provideRabbitMq();
try {
  for (const args of process.argv.includes("--coverage") ? COVERAGE : PHASES) {
    process.exitCode = await run(args);
    if (process.exitCode !== 0) break;
  }
} finally {
  await stop();
}
