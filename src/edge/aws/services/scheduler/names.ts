import { integer, string } from "../../input/shapes.ts";

/** The names of the EventBridge Scheduler API's model, with its regular expressions. */
export const RESOURCE_NAME = string({ pattern: "^[0-9a-zA-Z-_.]+$", lengthMin: 1, lengthMax: 64 });
export const CLIENT_TOKEN = string({ pattern: "^[a-zA-Z0-9-_]+$", lengthMin: 1, lengthMax: 64 });
export const GROUP_ARN = string({
  pattern: "^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\\-]+:\\d{12}:schedule-group\\/[0-9a-zA-Z-_.]+$",
  lengthMin: 1,
  lengthMax: 1_011,
});
export const PAGE = {
  MaxResults: integer({ min: 1, max: 100 }),
  NextToken: string({ lengthMin: 1, lengthMax: 2_048 }),
};
