/** `npm run dashboards`: writes the Grafana dashboards from their tables. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DASHBOARDS_FOLDER, dashboardFiles } from "../dashboards/dashboards.ts";

for (const [name, text] of dashboardFiles()) await writeFile(join(DASHBOARDS_FOLDER, name), text);
