import type { JsonObject } from "../../json/json.ts";

/** Who was let in, as the function is told. */
export type Authorized =
  | { readonly kind: "none" }
  | {
      readonly kind: "iam";
      readonly accessKeyId: string | undefined;
      readonly userId: string;
      readonly userArn: string;
    }
  | {
      readonly kind: "jwt";
      readonly claims: Readonly<Record<string, string>>;
      readonly scopes: readonly string[] | null;
    }
  | { readonly kind: "function"; readonly principalId: string | undefined; readonly context: JsonObject };

export const ANYBODY: Authorized = { kind: "none" };
