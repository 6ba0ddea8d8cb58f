import { lazy, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import { MeContext } from "./api/me.ts";
import { isSignInNeeded } from "./api/request.ts";
import { useAnswer } from "./api/use-answer.ts";
import { DeadLetters } from "./pages/dead-letters/dead-letters.tsx";
import { DeliveryPage } from "./pages/event/delivery-page.tsx";
import { EventPage } from "./pages/event/event-page.tsx";
import { Events } from "./pages/events.tsx";
import { Live } from "./pages/live.tsx";
import { NotFound } from "./pages/not-found.tsx";
import { Overview } from "./pages/overview/overview.tsx";
import { QueuePage } from "./pages/queues/queue-page.tsx";
import { Queues } from "./pages/queues/queues.tsx";
import { Rules } from "./pages/rules/rules.tsx";
import { Send } from "./pages/send.tsx";
import { KeyList } from "./shell/key-list.tsx";
import { moveRow, useKeys } from "./shell/keys.ts";
import { Palette } from "./shell/palette.tsx";
import { BASE, PAGES, pathTo } from "./shell/paths.ts";
import { Rail } from "./shell/rail.tsx";
import { SignIn } from "./shell/sign-in.tsx";

// What not everybody opens is loaded when it is.
const Audit = lazy(() => import("./pages/audit.tsx").then((module) => module.Audit));
const Configuration = lazy(() =>
  import("./pages/configuration/configuration.tsx").then((module) => module.Configuration),
);
const Connections = lazy(() => import("./pages/connections.tsx").then((module) => module.Connections));
const Destinations = lazy(() => import("./pages/destinations/destinations.tsx").then((module) => module.Destinations));
const Routers = lazy(() => import("./pages/routers.tsx").then((module) => module.Routers));
const Mappings = lazy(() => import("./pages/mappings/mappings.tsx").then((module) => module.Mappings));
const MappingCalls = lazy(() => import("./pages/mappings/mapping-calls.tsx").then((module) => module.MappingCalls));
const Archives = lazy(() => import("./pages/archives/archives.tsx").then((module) => module.Archives));
const Schedules = lazy(() => import("./pages/schedules.tsx").then((module) => module.Schedules));
const Replays = lazy(() => import("./pages/archives/replays.tsx").then((module) => module.Replays));
const Sandbox = lazy(() => import("./pages/sandbox/sandbox.tsx").then((module) => module.Sandbox));
const TestFunction = lazy(() =>
  import("./pages/test-function/test-function.tsx").then((module) => module.TestFunction),
);
const RuleEditor = lazy(() => import("./pages/rules/edit/rule-editor.tsx").then((module) => module.RuleEditor));
const RuleGraphPage = lazy(() =>
  import("./pages/rule-graph/rule-graph-page.tsx").then((module) => module.RuleGraphPage),
);

export function App() {
  return (
    <LocationProvider scope={BASE}>
      <Shell />
    </LocationProvider>
  );
}

function Shell() {
  const { answer: me } = useAnswer("me");
  const { route } = useLocation();
  const [opened, setOpened] = useState<"palette" | "keys">();
  const main = useFocusOnNavigation();
  const close = () => setOpened(undefined);
  usePaletteKey(() => setOpened("palette"));
  useKeys({
    "?": () => setOpened("keys"),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    "/": () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
    r: () => document.querySelector<HTMLElement>("[data-refresh]")?.click(),
    ...Object.fromEntries(PAGES.map(({ key, path }) => [`g ${key}`, () => route(pathTo(path))])),
  });
  return (
    <MeContext.Provider value={me}>
      <a class="skip" href="#main" onClick={(event) => focusInstead(event, main.current)}>
        Skip to the page
      </a>
      <Rail me={me} onSearch={() => setOpened("palette")} onKeys={() => setOpened("keys")} />
      <main ref={main} id="main" tabIndex={-1}>
        {isSignInNeeded.value ? <SignIn /> : <Pages />}
      </main>
      {opened === "palette" && <Palette onClose={close} />}
      {opened === "keys" && <KeyList onClose={close} />}
    </MeContext.Provider>
  );
}

function Pages() {
  return (
    <Router>
      <Route path={pathTo("")} component={Overview} />
      <Route path={pathTo("live")} component={Live} />
      <Route path={pathTo("events")} component={Events} />
      <Route path={pathTo("events/:id")} component={EventPage} />
      <Route path={pathTo("deliveries/:id")} component={DeliveryPage} />
      <Route path={pathTo("send")} component={Send} />
      <Route path={pathTo("test")} component={TestFunction} />
      <Route path={pathTo("dead-letters")} component={DeadLetters} />
      <Route path={pathTo("destinations")} component={Destinations} />
      <Route path={pathTo("connections")} component={Connections} />
      <Route path={pathTo("queues")} component={Queues} />
      <Route path={pathTo("queues/:name")} component={QueuePage} />
      <Route path={pathTo("mappings")} component={Mappings} />
      <Route path={pathTo("mappings/calls")} component={MappingCalls} />
      <Route path={pathTo("rules")} component={Rules} />
      <Route path={pathTo("rules/edit")} component={RuleEditor} />
      <Route path={pathTo("rules/graph")} component={RuleGraphPage} />
      <Route path={pathTo("schedules")} component={Schedules} />
      <Route path={pathTo("replays")} component={Replays} />
      <Route path={pathTo("archives")} component={Archives} />
      <Route path={pathTo("sandbox")} component={Sandbox} />
      <Route path={pathTo("configuration")} component={Configuration} />
      <Route path={pathTo("routers")} component={Routers} />
      <Route path={pathTo("audit")} component={Audit} />
      <Route default component={NotFound} />
    </Router>
  );
}

/** Moves the focus to the page when another one is opened, so that a screen reader begins there. */
function useFocusOnNavigation() {
  const { path } = useLocation();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [path]);
  return main;
}

function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      open();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** A link to a place in the page would be resolved against the base, not against the page. */
function focusInstead(event: Event, element: HTMLElement | null): void {
  event.preventDefault();
  element?.focus();
}
