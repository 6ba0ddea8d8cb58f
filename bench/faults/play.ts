import type { Result } from "./report.ts";
import type { Context, Scenario } from "./scenario.ts";
import type { SharedRabbitMq } from "./shared-rabbitmq.ts";
import { Stage } from "./stage.ts";

/** Plays one scenario, and undoes all that it began, whatever happens. */
export async function play(
  scenario: Scenario,
  seconds: number,
  server: SharedRabbitMq,
  say: (text: string) => void,
): Promise<Result> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const after = (cleanUp: () => Promise<unknown>): void => void cleanUps.push(cleanUp);
  const context: Context = {
    seconds,
    rabbitMqVersion: server.wanted,
    rabbitMq: () => server.get(),
    stage: (options) => Stage.start(options, after),
    after,
    say: (text) => say(`    ${text}`),
  };
  try {
    const facts = await scenario.run(context);
    return { scenario, rabbitMqVersion: await server.version(), facts };
  } catch (error) {
    return { scenario, rabbitMqVersion: server.wanted ?? "unknown", error };
  } finally {
    for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) {
      await cleanUp().catch((error: unknown) => say(`    could not be undone: ${String(error)}`));
    }
  }
}
