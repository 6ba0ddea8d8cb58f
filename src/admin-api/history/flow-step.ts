/**
 * What each rule and target did is counted for steps of so many milliseconds: there are many of them. Apart from the forms, since
 * the console's page reads it too, and has no room for them.
 */
export const FLOW_STEP_MS = 600_000;
