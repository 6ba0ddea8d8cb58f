/** What the tests use of it. */
declare module "@seriousme/openapi-schema-validator" {
  export class Validator {
    validate(document: object): Promise<{ readonly valid: boolean; readonly errors?: unknown }>;
    readonly version: string;
  }
}
