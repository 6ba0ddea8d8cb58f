import { deliveryPath, eventPath, jobPath } from "../../shell/paths.ts";

export function EventLink({ id }: { id: string }) {
  return (
    <a class="mono" href={eventPath(id)}>
      {id}
    </a>
  );
}

export function JobLink({ id }: { id: string }) {
  return (
    <a class="mono" href={jobPath(id)}>
      {id}
    </a>
  );
}

export function DeliveryLink({ id }: { id: string }) {
  return (
    <a class="mono" href={deliveryPath(id)}>
      {id}
    </a>
  );
}
