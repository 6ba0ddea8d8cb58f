import type { BlockedKeyAnswer } from "../../../../src/admin-api/destinations/blocked-keys.ts";
import { send } from "../../api/request.ts";
import { visibleText } from "../../logic/text/visible-text.ts";
import { Confirm } from "../../parts/dialog/confirm.tsx";

interface SkipDialogProps {
  readonly blocked: BlockedKeyAnswer;
  readonly onClose: (isChanged: boolean) => void;
}

/** Asks before the event that blocks a key is given up. */
export function SkipDialog({ blocked, onClose }: SkipDialogProps) {
  const { function: name, key, deliveryId } = blocked;
  const path = [name, deliveryId].map(encodeURIComponent).join("/") as `${string}/${string}`;
  return (
    <Confirm
      title={`Skip an event of function/${name}`}
      button="Skip it"
      work={() => send("DELETE", `blocked-keys/${path}`)}
      onClose={onClose}
    >
      <p>
        Its delivery {deliveryId} is not tried any more. It becomes a dead letter, which can be redriven: then it comes
        behind what its key has had meanwhile.
      </p>
      {key !== undefined && (
        <p>
          The later events with the key <code>{visibleText(key)}</code> go on at once.
        </p>
      )}
    </Confirm>
  );
}
