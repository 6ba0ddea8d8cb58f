import { useLocation } from "preact-iso";
import { useFunctionTest } from "../../api/use-function-test.ts";
import { useInvoke } from "../../api/use-invoke.ts";
import { type Way, wayOf } from "../../logic/destinations/function-invoke.ts";
import { Page } from "../../parts/page.tsx";
import { pathTo } from "../../shell/paths.ts";
import { InvokeResult } from "./invoke-result.tsx";
import { TestForm } from "./test-form.tsx";
import { TestResult } from "./test-result.tsx";

/** Calls a function by hand, as a test or by Lambda's Invoke, and shows what it answered. */
export function TestFunction() {
  const { query, route } = useLocation();
  const [name, way] = [query["function"] ?? "", wayOf(query["how"])];
  const tested = useFunctionTest();
  const invoked = useInvoke();
  const { is } = way === "test" ? tested.progress : invoked.progress;
  const open = (chosenName: string, chosenWay: Way) => route(addressOf(chosenName, chosenWay), true);
  const call = (payload: string) =>
    way === "test"
      ? tested.test(name, payload)
      : invoked.invoke(name, way === "event" ? "Event" : "RequestResponse", payload);
  return (
    <Page
      title="Test a function"
      lead="Call a function with a payload of yours. It is the real function: what it writes, it writes."
    >
      <TestForm
        name={name}
        way={way}
        isUnderWay={is === "waiting" || is === "calling"}
        onName={(chosen) => open(chosen, way)}
        onWay={(chosen) => open(name, chosen)}
        onCall={(payload) => void call(payload)}
      />
      {way === "test" ? <TestResult progress={tested.progress} /> : <InvokeResult progress={invoked.progress} />}
    </Page>
  );
}

function addressOf(name: string, way: Way): string {
  const how = way === "test" ? "" : `&how=${way}`;
  return pathTo(`test?function=${encodeURIComponent(name)}${how}`);
}
