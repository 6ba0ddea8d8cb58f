import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { Scenario } from "../../scenario.ts";

const USER = "faults";

export const credentials: Scenario = {
  name: "credentials",
  description: "the router's password is changed and its connections closed, until it is what the router knows again",
  seconds: 5,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const direct = await rabbitMq.newVhost();
    const url = new URL(direct);
    const vhost = url.pathname.slice(1);
    await rabbitMq.ctl("add_user", USER, "right");
    context.after(() => rabbitMq.ctl("delete_user", USER));
    await rabbitMq.ctl("set_permissions", "-p", vhost, USER, ".*", ".*", ".*");
    url.username = USER;
    url.password = "right";
    const stage = await context.stage({ broker: url.href, directBroker: direct });
    const load = stage.startLoad();
    await stage.flows();

    const { router } = stage;
    const logged = router.log.length;
    await rabbitMq.ctl("change_password", USER, "changed");
    await rabbitMq.ctl("close_all_connections", "--vhost", vhost, "the password was changed");
    await load.refused();
    const tells = () => router.metric("busbar_broker_connected").then((connected) => connected === 0);
    await eventually("the metric tells that there is no broker", tells);
    const refusals = () => router.log.slice(logged).filter((line) => JSON.stringify(line).includes("ACCESS_REFUSED"));
    await eventually("the log tells why", () => refusals().length > 0);
    await sleep(context.seconds * 1_000);
    await rabbitMq.ctl("change_password", USER, "right");

    const facts = await stage.account();
    return { ...facts, notes: [`the log told of the refusal in ${refusals().length} line(s)`] };
  },
};
