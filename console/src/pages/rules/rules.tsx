import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { useNamedPages } from "../../api/use-pages.ts";
import {
  editPath,
  ruleFilterOf,
  rulesPath,
  targetPath,
  type ListedRule,
  type ListedTarget,
  type RuleFilter,
} from "../../logic/rules/rules.ts";
import { Chip } from "../../parts/chip.tsx";
import { FilterForm } from "../../parts/form/filter-form.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { OpenButton } from "../../parts/list/open-button.tsx";
import { PagedList } from "../../parts/list/paged-list.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { Empty } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";

const PAGE_ROWS = 100;
/** A row has room for so many. The opened rule has all of them. */
const TARGETS_SHOWN = 2;
const FIELDS = [
  { name: "bus", label: "Bus", example: "default" },
  { name: "destination", label: "Destination", example: "function/NAME" },
  { name: "rule", label: "Rule", example: "its whole name" },
] as const;

const columnsOf = (open: (rule: ListedRule) => void): readonly Column<ListedRule>[] => [
  {
    name: "Rule",
    width: "minmax(10rem, 1.4fr)",
    cell: (rule) => <OpenButton name={rule.name} onOpen={() => open(rule)} />,
  },
  {
    name: "Bus",
    width: "minmax(5rem, 0.7fr)",
    cell: ({ bus }) => <a href={pathTo(rulesPath({ bus }))}>{bus}</a>,
  },
  { name: "State", width: "6.5rem", isBare: true, cell: ({ state }) => <StateOfRule state={state} /> },
  { name: "Targets", width: "minmax(12rem, 2fr)", cell: ({ targets }) => <Targets targets={targets} /> },
  {
    name: "Description",
    width: "minmax(8rem, 2fr)",
    isBare: true,
    cell: ({ description = "" }) => <span title={description}>{description}</span>,
  },
];

const goneChoice = ({ gone = "" }: RuleFilter, change: (part: RuleFilter) => void) => (
  <label>
    Targets
    <select value={gone} onChange={({ currentTarget }) => change({ gone: currentTarget.value })}>
      <option value="">any</option>
      <option value="true">one does not exist</option>
      <option value="false">all exist</option>
    </select>
  </label>
);

/** The rules in force, by a filter that stands in the address. */
export function Rules() {
  const { query, route } = useLocation();
  const filter = ruleFilterOf(query);
  const pages = useNamedPages("rules", { ...filter, limit: PAGE_ROWS });
  const [opened, setOpened] = useState<ListedRule>();
  const use = (changed: RuleFilter) => route(pathTo(rulesPath(changed)));
  return (
    <Page
      title="Rules"
      lead="What each rule matches, and where it sends that. By bus and name."
      actions={
        <>
          <a href={pathTo("rules/graph")}>As a graph</a>
          <a href={pathTo(editPath(filter.bus === undefined ? {} : { bus: filter.bus }))}>New rule</a>
          <Refresh onRefresh={pages.reload} isReading={pages.isLoading} />
        </>
      }
    >
      <FilterForm fields={FIELDS} filter={filter} onUse={use} onClear={() => use({})} choices={goneChoice} />
      <PagedList
        label="Rules"
        noun="rule"
        pages={pages}
        columns={columnsOf(setOpened)}
        keyOf={({ bus, name }) => `${bus}/${name}`}
        empty={<NoRule filter={filter} onClear={() => use({})} />}
      />
      {opened && (
        <RuleDialog
          rule={opened}
          onClose={(isChanged) => {
            setOpened(undefined);
            if (isChanged === true) pages.reload();
          }}
        />
      )}
    </Page>
  );
}

function StateOfRule({ state }: Pick<ListedRule, "state">) {
  return <Chip tone={state === "ENABLED" ? "good" : "idle"}>{state === "ENABLED" ? "enabled" : "disabled"}</Chip>;
}

function Targets({ targets }: { targets: readonly ListedTarget[] }) {
  if (targets.length === 0) return <span class="soft">none</span>;
  const left = targets.length - TARGETS_SHOWN;
  const missingFirst = targets.toSorted((one, other) => Number(other.isGone ?? false) - Number(one.isGone ?? false));
  return (
    <>
      {missingFirst.slice(0, TARGETS_SHOWN).map((target, index) => (
        <span key={target.id}>
          {index > 0 ? ", " : ""}
          {target.isGone === true ? (
            `${target.kind}/${target.name} (does not exist)`
          ) : (
            <a href={pathTo(targetPath(target))}>
              {target.kind}/{target.name}
            </a>
          )}
        </span>
      ))}
      {left > 0 && <span class="soft"> and {left} more</span>}
    </>
  );
}

function NoRule({ filter, onClear }: { filter: RuleFilter; onClear: () => void }) {
  if (rulesPath(filter) === rulesPath({})) {
    return (
      <Empty title="There is no rule">
        <p>The configuration has none, so that no event is delivered anywhere.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No rule fits the filter">
      <p>A bus, a destination and a rule are found by their whole names. A destination's begins with its kind.</p>
      <button onClick={onClear}>Clear the filter</button>
    </Empty>
  );
}
