import { spawn } from "node:child_process";
import { once } from "node:events";
import { startRabbitMq } from "./support/rabbitmq.ts";

/**
 * Runs every test. The pure ones run side by side; the others share one RabbitMQ and measure time, so they take
 * turns. Without `AMQP_URL` a node is started for the whole run.
 */
const PHASES = [
  { files: ["test/unit/**/*.test.ts"], concurrency: 2 },
  { files: ["test/contract/**/*.test.ts", "test/integration/**/*.test.ts", "test/e2e/**/*.test.ts"], concurrency: 1 },
];

async function runPhase(files: readonly string[], concurrency: number): Promise<number> {
  const flags = ["--test", "--test-reporter=spec", `--test-concurrency=${concurrency}`, "--test-timeout=300000"];
  const child = spawn(process.execPath, [...flags, ...files], { stdio: "inherit" });
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
  for (const { files, concurrency } of PHASES) {
    process.exitCode = await runPhase(files, concurrency);
    if (process.exitCode !== 0) break;
  }
} finally {
  await stop();
}
