import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import type { RuleListAnswer } from "../../../src/admin-api/rules.ts";
import { get } from "../api/request.ts";
import { usePages, type ReadPage } from "../api/use-pages.ts";
import {
  RULE_FIELDS,
  ruleFilterOf,
  rulesPath,
  targetPath,
  type ListedRule,
  type ListedTarget,
  type RuleFilter,
} from "../logic/rules.ts";
import { Chip } from "../parts/chip.tsx";
import { List, type Column } from "../parts/list.tsx";
import { More } from "../parts/more.tsx";
import { Page } from "../parts/page.tsx";
import { RuleDialog } from "../parts/rule-dialog.tsx";
import { Empty, Loading } from "../parts/state-views.tsx";
import { pathTo } from "../shell/paths.ts";

const PAGE_ROWS = 100;
/** A row has room for so many. The opened rule has all of them. */
const TARGETS_SHOWN = 2;
const FIELD_NAMES = { bus: "Bus", destination: "Destination", rule: "Rule" } as const;
const EXAMPLES = { bus: "default", destination: "function/NAME", rule: "its whole name" } as const;

const columnsOf = (open: (rule: ListedRule) => void): readonly Column<ListedRule>[] => [
  {
    name: "Rule",
    width: "minmax(10rem, 1.4fr)",
    cell: (rule) => (
      <button class="link" data-open aria-haspopup="dialog" onClick={() => open(rule)}>
        {rule.name}
      </button>
    ),
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

/** The API has rules by bus and name, and names the place where the next page begins. */
const readRules: ReadPage<ListedRule> = async (path, query, after, signal) => {
  const { rules, next } = await get<RuleListAnswer>(path, { query: { ...query, after }, signal });
  return next === undefined ? { rows: rules } : { rows: rules, next };
};

/** The rules in force, by a filter that stands in the address. */
export function Rules() {
  const { query, route } = useLocation();
  const filter = ruleFilterOf(query);
  const pages = usePages("rules", { ...filter, limit: PAGE_ROWS }, readRules);
  const [opened, setOpened] = useState<ListedRule>();
  const use = (changed: RuleFilter) => route(pathTo(rulesPath(changed)));
  return (
    <Page
      title="Rules"
      lead="What each rule matches, and where it sends that. By bus and name."
      actions={
        <button data-refresh onClick={pages.reload} disabled={pages.isLoading}>
          Refresh
        </button>
      }
    >
      <Filter filter={filter} onUse={use} />
      {!pages.isRead && !pages.problem && <Loading what="rules" />}
      {pages.isRead && pages.rows.length === 0 && <NoRule filter={filter} onClear={() => use({})} />}
      {pages.rows.length > 0 && (
        <List
          label="Rules"
          columns={columnsOf(setOpened)}
          rows={pages.rows}
          keyOf={({ bus, name }) => `${bus}/${name}`}
          hasMore={pages.hasMore}
        />
      )}
      <More pages={pages} noun="rule" others="more" />
      {opened && <RuleDialog rule={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}

function StateOfRule({ state }: Pick<ListedRule, "state">) {
  return <Chip tone={state === "ENABLED" ? "good" : "idle"}>{state === "ENABLED" ? "enabled" : "disabled"}</Chip>;
}

function Targets({ targets }: { targets: readonly ListedTarget[] }) {
  if (targets.length === 0) return <span class="soft">none</span>;
  const left = targets.length - TARGETS_SHOWN;
  return (
    <>
      {targets.slice(0, TARGETS_SHOWN).map((target, index) => (
        <span key={target.id}>
          {index > 0 ? ", " : ""}
          <a href={pathTo(targetPath(target))}>
            {target.kind}/{target.name}
          </a>
        </span>
      ))}
      {left > 0 && <span class="soft"> and {left} more</span>}
    </>
  );
}

function Filter({ filter, onUse }: { filter: RuleFilter; onUse: (filter: RuleFilter) => void }) {
  const [draft, setDraft] = useState(filter);
  const path = rulesPath(filter);
  useEffect(() => setDraft(filter), [path]);
  return (
    <form
      class="filter"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        onUse(draft);
      }}
    >
      {RULE_FIELDS.map((field, index) => (
        <label key={field}>
          {FIELD_NAMES[field]}
          <input
            value={draft[field] ?? ""}
            placeholder={EXAMPLES[field]}
            autoComplete="off"
            spellcheck={false}
            {...(index === 0 ? { "data-filter": true } : {})}
            onInput={({ currentTarget }) => setDraft((before) => ({ ...before, [field]: currentTarget.value }))}
          />
        </label>
      ))}
      <div class="actions">
        <button class="primary" type="submit">
          Filter
        </button>
        <button type="button" onClick={() => onUse({})} disabled={path === rulesPath({})}>
          Clear
        </button>
      </div>
    </form>
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
