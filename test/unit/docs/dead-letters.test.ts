import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Command } from "commander";
import { Terminal } from "../../../src/cli/terminal.ts";
import { addDeadLetters, addParked } from "../../../src/cli/commands/queues/dead-letters.ts";
import { readDeadLetter, redrivenHeaders } from "../../../src/domain/failure/dead-letter-reading.ts";
import type { PassEnd } from "../../../src/ports/admin/dead-letters.ts";
import { UNREDRIVABLE_REASONS } from "../../../src/domain/failure/unredrivable.ts";
import { codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "dead-letters.md";

/** The first names in the rows of the nth table below a heading. */
function namesIn(heading: string, table: number): readonly string[] {
  const tables = [...sectionOf(PAGE, heading).matchAll(/(?:^\|.*\n)+/gm)];
  return rowsOf(tables[table]?.[0] ?? "").map(([name = ""]) => codeIn(name)[0] ?? "");
}

describe("docs/dead-letters.md", () => {
  const program = new Command();
  const terminal = new Terminal(process);
  addDeadLetters(program, terminal);
  addParked(program, terminal);

  it("docs/dead-letters.md lists exactly the commands, of dead letters and of parked messages", () => {
    const listed = namesIn("## Commands", 0).map((text) => text.split(" ")[1]);
    for (const group of program.commands) {
      assert.deepEqual(
        group.commands.map((command) => command.name()),
        listed,
      );
    }
  });

  it("docs/dead-letters.md lists exactly the options that select, and their names in the API", () => {
    const others = ["--queue", "--admin-url", "--json", "--limit", "--to", "--rate", "--dry-run", "--yes", "--detach"];
    for (const command of program.commands.flatMap((group) => group.commands)) {
      const options = command.options.map((option) => option.long ?? "").filter((name) => !others.includes(name));
      if (command.name() !== "show") assert.deepEqual(options, namesIn("## Commands", 1), command.name());
    }
  });

  it("docs/dead-letters.md lists exactly the headers of redriven messages", () => {
    const message = {
      queue: "q",
      id: "d",
      body: Buffer.alloc(0),
      headers: { ERROR_CODE: "TIMEOUT", "busbar-first-at": 1 },
    };
    const letter = readDeadLetter({ ...message, crashes: 0 });
    assert.ok(letter);
    const headers = redrivenHeaders(letter, { ...message, crashes: 0 });
    assert.deepEqual(namesIn("## What a redrive does", 0), Object.keys(headers));
  });

  it("docs/dead-letters.md lists exactly the reasons for which a message stays", () => {
    assert.deepEqual(namesIn("## What a redrive does", 1), Object.keys(UNREDRIVABLE_REASONS));
  });

  it("docs/dead-letters.md lists exactly the ends of a request", () => {
    // Complete by its type: with another end this would not compile.
    const ends: Record<PassEnd, true> = { finished: true, limit: true, time: true, failed: true };
    assert.deepEqual(namesIn("## API", 1), Object.keys(ends));
  });
});
