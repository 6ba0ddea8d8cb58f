import { isDeepStrictEqual } from "node:util";
import { JoinedMap } from "../../../collections/joined-map.ts";
import { SortedMap } from "../../../collections/sorted-map.ts";
import type { Config } from "../../../domain/config.ts";
import type { Rule } from "../../../domain/rule/rule.ts";
import { ruleSchedules } from "../../../domain/schedule/rule-schedules.ts";
import type { Schedule } from "../../../domain/schedule/schedule.ts";

/** The schedules of files, and those of rules of the API. */
export class MadeSchedules {
  readonly #ofFiles: Config["schedules"];
  #ofRules: SortedMap<Schedule> = SortedMap.empty();
  #all: Config["schedules"];

  constructor(ofFiles: Config["schedules"]) {
    this.#ofFiles = ofFiles;
    this.#all = ofFiles;
  }

  /** The same map as long as nothing in it has changed: what is due next is then not worked out again. */
  get all(): Config["schedules"] {
    return this.#all;
  }

  replace(before: Rule | undefined, after: Rule | undefined): void {
    const gone = ruleSchedules(before === undefined ? [] : [before]);
    const come = ruleSchedules(after === undefined ? [] : [after]);
    if (isDeepStrictEqual(gone, come)) return;
    for (const name of gone.keys()) this.#ofRules = this.#ofRules.without(name);
    for (const [name, schedule] of come) this.#ofRules = this.#ofRules.with(name, schedule);
    this.#all = this.#ofRules.size === 0 ? this.#ofFiles : new JoinedMap(this.#ofFiles, this.#ofRules);
  }
}
