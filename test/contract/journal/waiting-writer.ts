import type { JournalWriter } from "../../../src/ports/journal.ts";
import { eventually } from "../waiting.ts";
import { refusalOf } from "./journal-case.ts";

/** A writer connects in the background. This one waits for that with its first frame. */
export function waitingForConnection(writer: JournalWriter): JournalWriter {
  let isConnected = false;
  return {
    async append(frame) {
      if (isConnected) return await writer.append(frame);
      await eventually("the writer is connected", async () => {
        const appending = writer.append(frame);
        if ((await refusalOf(appending)) === "disconnected") return false;
        isConnected = true;
        await appending;
        return true;
      });
    },
    close: () => writer.close(),
  };
}
