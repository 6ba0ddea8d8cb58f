import { Command } from "commander";
import { benchDeliver } from "./deliver.ts";

const program = new Command("bench").description("measures the router; figures count as ratios taken in one run");

program
  .command("deliver", { isDefault: true })
  .description("events a second from PutEvents to an HTTP function, beside a bare pipeline on the same RabbitMQ")
  .option("--events <count>", "events in each round", Number, 20_000)
  .option("--rounds <count>", "rounds of each subject, taken in turn", Number, 3)
  .option("--seconds <count>", "how long latencies are measured at half load", Number, 5)
  .option("--json", "print one JSON object and nothing else")
  .action(benchDeliver);

await program.parseAsync();
