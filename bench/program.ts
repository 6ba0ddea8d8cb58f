import { Command, InvalidArgumentError } from "commander";
import { benchArchive } from "./archive.ts";
import { benchDeliver, subjectNames, USUAL_SUBJECTS } from "./deliver.ts";
import { benchIdle } from "./idle.ts";
import { benchIndex } from "./index.ts";
import { benchInvoke } from "./invoke.ts";
import { benchLive } from "./live.ts";
import { benchMappings } from "./mappings.ts";
import { benchMatch } from "./match.ts";
import { benchRulesApi } from "./rules-api.ts";
import { benchSchedules } from "./schedules.ts";
import { soak } from "./soak.ts";
import { benchSqs } from "./sqs.ts";

/** The command line of the benchmarks: a command for each. */
export const program = new Command("bench").description(
  "measures the router; figures count as ratios taken in one run",
);

program
  .command("deliver", { isDefault: true })
  .description("events a second from PutEvents to an HTTP function, beside a bare pipeline on the same RabbitMQ")
  .option("--events <count>", "events in each round", count, 20_000)
  .option("--rounds <count>", "rounds of each subject, taken in turn", count, 3)
  .option("--seconds <count>", "how long latencies are measured at half load in each round", count, 5)
  .option("--rules <count>", "rules on the bus, of which one matches", count, 100)
  .option("--fan-out <count>", "functions that every event goes to; the bare pipeline publishes as often", count, 1)
  .option("--detail-bytes <count>", "size of an event's detail, up to 1 MiB", count, 1_000)
  .option("--entries <count>", "entries in each request, 10 at most", count, 10)
  .option("--subjects <names>", "which ones to measure", subjectNames, USUAL_SUBJECTS)
  .option("--json", "print one JSON object and nothing else")
  .action(benchDeliver);

program
  .command("match")
  .description("events a second that are checked and find their rules, beside JSON.parse of the same lines")
  .option("--seconds <count>", "how long each set of rules is measured", Number, 1)
  .option("--events <file>", "events to match instead of the built-in ones, one a line")
  .option(
    "--rules <file>",
    'rules to match instead of the built-in ones: {"name": pattern} or {"set": {"name": pattern}}',
  )
  .option("--json", "print one JSON object and nothing else")
  .action(benchMatch);

program
  .command("index")
  .description("how fast the console's index takes a journal in, what that costs, and how fast it answers")
  .option("--events <count>", "events, each with one delivery and two attempts", count, 1_000_000)
  .option("--json", "print one JSON object and nothing else")
  .action(benchIndex);

program
  .command("live")
  .description("how a browser takes the console's live tail of a bus on which much is put")
  .option("--per-second <count>", "events put a second, a multiple of ten", count, 1_000)
  .option("--seconds <count>", "how long", count, 300)
  .option("--json", "print one JSON object and nothing else")
  .action(benchLive);

program
  .command("idle")
  .description("the CPU time of a router that has nothing to do, on RabbitMQ and embedded")
  .option("--seconds <count>", "how long each is watched", count, 30)
  .option("--functions <count>", "functions, each with a queue, a consumer and a rule", count, 100)
  .option("--scrape-seconds <count>", "between two scrapes of the metrics; 0 for none", Number, 15)
  .option("--json", "print one JSON object and nothing else")
  .action(benchIdle);

program
  .command("rules-api")
  .description("what changing rules over the API costs two routers with very many of them, on RabbitMQ and PostgreSQL")
  .option("--rules <counts>", "how many there are already, one measurement for each", counts, [0, 10_000, 100_000])
  .option("--changes <count>", "rules put one after the other", count, 200)
  .option("--seconds <count>", "how long ten callers put rules at once", count, 10)
  .option("--json", "print one JSON object and nothing else")
  .action(benchRulesApi);

program
  .command("schedules")
  .description("schedules in PostgreSQL: what routers cost while none is due, and how late those of one second are")
  .option("--schedules <count>", "in the store, in all", count, 100_000)
  .option("--due <count>", "due in the same second", count, 2_000)
  .option("--routers <count>", "on one RabbitMQ", count, 2)
  .option("--seconds <count>", "how long the routers are watched while nothing is due", count, 30)
  .option("--json", "print one JSON object and nothing else")
  .action(benchSchedules);

program
  .command("archive")
  .description("what an archive of everything costs puts and deliveries, and what a replay of it costs puts meanwhile")
  .option("--events <count>", "events in each round, a multiple of ten", count, 20_000)
  .option("--rounds <count>", "rounds with and without an archive, in turn; the same of replays", count, 4)
  .option("--seconds <count>", "how long puts without a replay are timed in each round", count, 5)
  .option("--json", "print one JSON object and nothing else")
  .action(benchArchive);

program
  .command("sqs")
  .description("queues over the SQS API, on RabbitMQ and embedded, beside gets and acks by hand on the same RabbitMQ")
  .option("--messages <count>", "messages in each round, a multiple of ten", count, 10_000)
  .option("--rounds <count>", "rounds of all, taken in turn", count, 3)
  .option("--clients <count>", "that send, or receive ten and delete ten, at once", count, 20)
  .option("--bytes <count>", "size of a message's body", count, 1_000)
  .option("--polls <count>", "long polls of an empty queue at once", count, 1_000)
  .option("--seconds <count>", "how long those are watched", count, 20)
  .option("--in-flight <count>", "messages received before the first is deleted, a multiple of ten", count, 50_000)
  .option("--json", "print one JSON object and nothing else")
  .action(benchSqs);

program
  .command("mappings")
  .description(
    "records a second from a queue into a function, beside a consumer by hand, and how a stream's reader is replaced",
  )
  .option("--records <count>", "records in each round, a multiple of ten", count, 20_000)
  .option("--rounds <count>", "rounds of all, taken in turn", count, 3)
  .option("--batch-size <count>", "records of one call", count, 100)
  .option("--bytes <count>", "size of a record's body", count, 1_000)
  .option("--takeovers <count>", "how often a stream's reader is killed", count, 5)
  .option("--json", "print one JSON object and nothing else")
  .action(benchMappings);

program
  .command("invoke")
  .description("calls by Invoke a second whose callers wait, beside the same function called directly over HTTP")
  .option("--seconds <count>", "how long each measurement takes, at full and at half load", count, 5)
  .option("--rounds <count>", "rounds of both, taken in turn", count, 3)
  .option("--clients <count>", "that call at once", count, 20)
  .option("--bytes <count>", "size of a payload", count, 1_000)
  .option("--json", "print one JSON object and nothing else")
  .action(benchInvoke);

program
  .command("soak")
  .description("a steady mixed load on two routers and one RabbitMQ, and whether everything stays flat")
  .option("--minutes <count>", "how long", Number, 30)
  .option("--per-second <count>", "events put a second", count, 200)
  .option("--sample-seconds <count>", "between two samples", count, 5)
  .option("--plot <file>", "write an SVG plot of the samples")
  .option("--json", "print one JSON object and nothing else")
  .action(soak);

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number of 1 or more");
  return value;
}

function counts(text: string): readonly number[] {
  return text.split(",").map((one) => (one === "0" ? 0 : count(one)));
}
