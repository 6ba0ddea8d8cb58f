import { execFile } from "node:child_process";
import { promisify } from "node:util";

const MODEL = `
import sys, botocore.session
print(" ".join(botocore.session.get_session().get_service_model(sys.argv[1]).operation_names))
`;

/** The operations of a service in AWS's model as botocore has it; undefined where it is not installed. */
export async function operationsOfModel(service: string): Promise<readonly string[] | undefined> {
  return promisify(execFile)("python3", ["-c", MODEL, service]).then(
    ({ stdout }) => stdout.trim().split(" "),
    () => undefined,
  );
}
