import { string } from "../../input/shapes.ts";

/** The names of the EventBridge API's model. */
export const BUS_NAME = string({ pattern: "[/\\.\\-_A-Za-z0-9]+", lengthMin: 1, lengthMax: 256 });
export const RULE_NAME = string({ pattern: "[\\.\\-_A-Za-z0-9]+", lengthMin: 1, lengthMax: 64 });
export const BUS_NAME_PREFIX = BUS_NAME;

/** AWS's pattern is left out: it knows only regions like AWS's, and a router's may have another form, such as `local`. */
export const BUS_NAME_OR_ARN = string({ lengthMin: 1, lengthMax: 1_600 });
export const TARGET_ARN = string({ lengthMin: 1, lengthMax: 1_600 });
export const REPLAY_NAME = RULE_NAME;
export const ARCHIVE_ARN = string({
  pattern: "^arn:aws([a-z]|\\-)*:events:([a-z]|\\d|\\-)*:([0-9]{12})?:.+\\/.+$",
  lengthMin: 1,
  lengthMax: 1_600,
});
export const DESCRIPTION = string({ lengthMax: 512 });
