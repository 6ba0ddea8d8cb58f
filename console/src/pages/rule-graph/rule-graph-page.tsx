import { useLocation } from "preact-iso";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { get } from "../../api/request.ts";
import { layOut, stateOf } from "../../logic/rules/graph-layout.ts";
import { counted, countText } from "../../logic/text/numbers.ts";
import {
  busiest,
  focusOf,
  GRAPH_RULES_MAX,
  graphPath,
  ruleFlows,
  rulesInFocus,
  type Focus,
  type RuleFlow,
} from "../../logic/rules/rule-graph.ts";
import type { ListedRule } from "../../logic/rules/rules.ts";
import { Chip } from "../../parts/chip.tsx";
import { List, type Column } from "../../parts/list/list.tsx";
import { Page } from "../../parts/page.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";
import { GraphView } from "./graph-view.tsx";

const PAGE_ROWS = 1_000;
/** Of more, those by bus and name that come first. */
const RULES_MAX = 5_000;

interface Read {
  readonly rules: readonly RuleFlow[];
  readonly isMore: boolean;
}

/** Buses, rules and destinations as a graph, and the same as a table. */
export function RuleGraphPage() {
  const focus = focusOf(useLocation().query["focus"]);
  const [read, setRead] = useState<Read>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setProblem(undefined);
    readRules(abort.signal).then(setRead, (error: unknown) => {
      if (abort.signal.aborted) return;
      setProblem(problemFrom(error));
    });
    return () => abort.abort();
  }, [round]);
  return (
    <Page
      title={focus === undefined ? "Rules as a graph" : `Rules around ${nameOf(focus)}`}
      lead="From buses through rules to destinations. A line is as wide as events matched in the last hour; grey is what matched nothing for a day, red and dashed what failed in the last hour."
      actions={
        <>
          {focus !== undefined && <a href={pathTo(graphPath())}>All rules</a>}
          <a href={pathTo("rules")}>As a list</a>
          <button data-refresh onClick={() => setRound((before) => before + 1)}>
            Refresh
          </button>
        </>
      }
    >
      {problem && <Failure problem={problem} onRetry={() => setRound((before) => before + 1)} />}
      {read === undefined && !problem && <Loading what="rules" />}
      {read && <Both read={read} focus={focus} />}
    </Page>
  );
}

function Both({ read, focus }: { read: Read; focus: Focus | undefined }) {
  const rules = useMemo(() => rulesInFocus(read.rules, focus), [read, focus && nameOf(focus)]);
  const isDrawn = focus !== undefined || rules.length <= GRAPH_RULES_MAX;
  const graph = useMemo(() => (isDrawn ? layOut(busiest(rules)) : undefined), [rules, isDrawn]);
  if (rules.length === 0) {
    return (
      <Empty title="There is no rule here">
        <p>The configuration in force has none that is about it.</p>
      </Empty>
    );
  }
  return (
    <>
      {graph === undefined && (
        <p class="soft">
          {counted(rules.length, "rule")} are too many for one picture. Choose a bus, a rule or a destination in the
          table for the graph of it and its neighbours.
        </p>
      )}
      {graph && rules.length > GRAPH_RULES_MAX && (
        <p class="soft">
          Of {counted(rules.length, "rule")}, the {GRAPH_RULES_MAX} busiest are drawn. The table has all.
        </p>
      )}
      {read.isMore && <p class="soft">There are more rules than {countText(RULES_MAX)}: the others are left out.</p>}
      {graph && <GraphView graph={graph} />}
      <List
        label="Rules and what they do"
        columns={COLUMNS}
        rows={rules}
        keyOf={({ bus, name }) => `${bus}/${name}`}
        isWrapped={rules.length <= GRAPH_RULES_MAX}
      />
    </>
  );
}

const COLUMNS: readonly Column<RuleFlow>[] = [
  {
    name: "Bus",
    width: "minmax(5rem, 0.7fr)",
    cell: ({ bus }) => <FocusLink focus={{ kind: "bus", name: bus }}>{bus}</FocusLink>,
  },
  {
    name: "Rule",
    width: "minmax(9rem, 1.4fr)",
    cell: ({ bus, name }) => <FocusLink focus={{ kind: "rule", bus, name }}>{name}</FocusLink>,
  },
  { name: "State", width: "7.5rem", isBare: true, cell: (rule) => <StateOfFlow rule={rule} /> },
  { name: "Last hour", width: "6rem", isNumber: true, cell: ({ lastHour }) => countText(lastHour) },
  { name: "Last day", width: "6rem", isNumber: true, cell: ({ lastDay }) => countText(lastDay) },
  { name: "Sends to", width: "minmax(12rem, 2fr)", cell: ({ sends }) => <Sends sends={sends} /> },
];

function StateOfFlow({ rule }: { rule: RuleFlow }) {
  if (!rule.isEnabled) return <Chip tone="idle">disabled</Chip>;
  const state = stateOf(rule);
  if (state === "failing") return <Chip tone="bad">failing</Chip>;
  return state === "idle" ? <Chip tone="idle">no match</Chip> : <Chip tone="good">matching</Chip>;
}

function Sends({ sends }: Pick<RuleFlow, "sends">) {
  if (sends.length === 0) return <span class="soft">nowhere</span>;
  return (
    <>
      {sends.map(({ destination, failed }, index) => (
        <span key={destination}>
          {index > 0 ? ", " : ""}
          <FocusLink focus={{ kind: "destination", name: destination }}>{destination}</FocusLink>
          {failed > 0 && <span class="bad-text"> ({countText(failed)} failed)</span>}
        </span>
      ))}
    </>
  );
}

function FocusLink({ focus, children }: { focus: Focus; children: string }) {
  return <a href={pathTo(graphPath(focus))}>{children}</a>;
}

function nameOf(focus: Focus): string {
  return focus.kind === "rule" ? `${focus.bus}/${focus.name}` : focus.name;
}

async function readRules(signal: AbortSignal): Promise<Read> {
  const counts = get("flows", { query: { atMs: Date.now() }, signal });
  const rules: ListedRule[] = [];
  let after: string | undefined;
  do {
    const page = await get("rules", { query: { limit: PAGE_ROWS, after }, signal });
    rules.push(...page.rules);
    after = page.next;
  } while (after !== undefined && rules.length < RULES_MAX);
  return { rules: ruleFlows(rules, await counts), isMore: after !== undefined };
}
