/** `npm run schema`: writes the JSON Schema that editors check configuration files with. */
import { writeFile } from "node:fs/promises";
import { configJsonSchema } from "../../../src/config/json-schema.ts";

await writeFile("docs/busbar.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
