import { useLocation } from "preact-iso";
import { useAnswer } from "../api/use-answer.ts";
import { useNamedPages } from "../api/use-pages.ts";
import {
  AUTHORIZATION_TYPES,
  connectionPath,
  CONNECTION_STATES,
  type ListedConnection,
} from "../logic/destinations/connections.ts";
import { targetPath } from "../logic/rules/rules.ts";
import { counted } from "../logic/text/numbers.ts";
import { Chip } from "../parts/chip.tsx";
import { Dialog } from "../parts/dialog/dialog.tsx";
import { Fact } from "../parts/fact.tsx";
import type { Column } from "../parts/list/list.tsx";
import { OpenButton } from "../parts/list/open-button.tsx";
import { Page } from "../parts/page.tsx";
import { PagedList } from "../parts/list/paged-list.tsx";
import { Refresh } from "../parts/refresh.tsx";
import { Empty, Failure, Loading } from "../parts/state-views.tsx";
import { Ago, Moment } from "../parts/time.tsx";
import { pathTo } from "../shell/paths.ts";

const PAGE_ROWS = 100;
const POLL_MS = 5_000;

const columnsOf = (open: (name: string) => void): readonly Column<ListedConnection>[] => [
  {
    name: "Connection",
    width: "minmax(9rem, 1.4fr)",
    cell: ({ name }) => <OpenButton name={name} onOpen={() => open(name)} />,
  },
  { name: "State", width: "9.5rem", isBare: true, cell: (connection) => <States connection={connection} /> },
  {
    name: "Authorization",
    width: "minmax(9rem, 1.2fr)",
    cell: ({ authorizationType }) => AUTHORIZATION_TYPES[authorizationType],
  },
  { name: "Last authorized", width: "9rem", cell: (connection) => <LastAuthorized connection={connection} /> },
  {
    name: "Used by",
    width: "minmax(9rem, 1.6fr)",
    cell: ({ apiDestinationCount: count, apiDestinations: [first = ""] }) =>
      count === 1 ? <DestinationLink name={first} /> : count === 0 ? "nobody" : counted(count, "API destination"),
  },
];

/** The connections that were made over the API: whether each is authorized, why not, and who uses it. */
export function Connections() {
  const { query, route } = useLocation();
  const pages = useNamedPages("connections", { limit: PAGE_ROWS });
  const { connection: opened } = query;
  return (
    <Page
      title="Connections"
      lead="How API destinations say who calls: made over the API, by name. None of their secrets is shown."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <PagedList
        label="Connections"
        noun="connection"
        pages={pages}
        columns={columnsOf((name) => route(pathTo(connectionPath(name))))}
        keyOf={({ name }) => name}
        empty={<NoConnection />}
      />
      {opened !== undefined && <ConnectionDialog name={opened} onClose={() => route(pathTo("connections"))} />}
    </Page>
  );
}

function NoConnection() {
  return (
    <Empty title="No connection was made">
      <p>
        CreateConnection makes one: <code>aws events create-connection</code>. An API destination of a file has its
        credentials in the file, and they are not listed.
      </p>
    </Empty>
  );
}

interface OfConnection {
  readonly connection: ListedConnection;
}

function States({ connection: { state, unusable } }: OfConnection) {
  const { tone, word } = CONNECTION_STATES[state];
  // An authorized one may have a secret that this router cannot open.
  if (unusable !== undefined && state !== "DEAUTHORIZED") return <Chip tone="bad">unusable</Chip>;
  return <Chip tone={tone}>{word}</Chip>;
}

function LastAuthorized({ connection: { lastAuthorizedAtMs } }: OfConnection) {
  return lastAuthorizedAtMs === undefined ? <span class="soft">never</span> : <Ago atMs={lastAuthorizedAtMs} />;
}

function DestinationLink({ name }: { readonly name: string }) {
  return <a href={pathTo(targetPath({ kind: "api-destination", name }))}>api-destination/{name}</a>;
}

interface ConnectionDialogProps {
  readonly name: string;
  readonly onClose: () => void;
}

/** A connection with why it cannot be used, and its API destinations. */
function ConnectionDialog({ name, onClose }: ConnectionDialogProps) {
  const { answer, problem, reload } = useAnswer("connections", { query: { connection: name }, pollMs: POLL_MS });
  const connection = answer?.connections[0];
  return (
    <Dialog title={name} onClose={onClose}>
      {problem && <Failure problem={problem} onRetry={reload} />}
      {answer === undefined && !problem && <Loading what="the connection" />}
      {answer !== undefined && !connection && <p>There is no connection of this name.</p>}
      {connection && <Facts connection={connection} />}
      <div class="dialog-actions">
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}

function Facts({ connection }: OfConnection) {
  const { description, state, stateReason, unusable, authorizationType } = connection;
  const { createdAtMs, changedAtMs, apiDestinations, apiDestinationCount } = connection;
  const left = apiDestinationCount - apiDestinations.length;
  return (
    <>
      {description !== undefined && <p>{description}</p>}
      <dl class="facts">
        <Fact name="State">
          <States connection={connection} />
        </Fact>
        <Fact name="Authorization">{AUTHORIZATION_TYPES[authorizationType]}</Fact>
        <Fact name="Last authorized">
          <LastAuthorized connection={connection} />
        </Fact>
        <Fact name="Made">
          <Moment atMs={createdAtMs} />
        </Fact>
        <Fact name="Changed">
          <Moment atMs={changedAtMs} />
        </Fact>
      </dl>
      {stateReason !== undefined && <p>Not authorized: {stateReason}.</p>}
      {state === "AUTHORIZING" && <p>A router asks its OAuth endpoint for a token.</p>}
      {unusable !== undefined && <p>Calls with it fail, and are tried again: {unusable}.</p>}
      <h3>Used by</h3>
      <ul>
        {apiDestinations.map((destination) => (
          <li key={destination}>
            <DestinationLink name={destination} />
          </li>
        ))}
        {left > 0 && <li class="soft">and {left} more</li>}
        {apiDestinationCount === 0 && <li class="soft">No API destination uses it.</li>}
      </ul>
    </>
  );
}
