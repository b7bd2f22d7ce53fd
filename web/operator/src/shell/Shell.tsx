import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { logout, stream, type StreamState } from "@stationmaster/api";
import { Icon, localMinute, type IconName } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useSyncExternalStore, type CSSProperties, type ReactNode } from "react";
import { lookQuery } from "../features/organization/look";
import { useAway } from "../live/useAway";
import { statusQuery, unseenAlertsQuery } from "../queries";
import { roleWord } from "../roles";
import { hearsOf, isDriver, may, useUser } from "../user";
import { LanguageMenu } from "./Languages";
import { Logo } from "../door/Logo";
import { navigation, ownNavigation, type Entry } from "./navigation";
import css from "./Shell.module.css";

export function Shell({ children }: { children: ReactNode }) {
  const groups = useGroups();
  const entries = groups.flatMap((group) => group.entries);
  const driver = isDriver(useUser());
  const [helped, help] = useDisclosure(false);
  useHotkeys([["shift+?", help.open], ["?", help.open]]);
  return (
    <div className={css.frame}>
      <a className={css.skip} href="#main">
        <Trans>Skip to content</Trans>
      </a>
      <nav className={css.side} aria-label={t`Pages`}>
        <Brand />
        {!driver && (
          <button type="button" className={css.find} onClick={openFinder}>
            <Icon name="search" size={16} />
            <span>
              <Trans>Find…</Trans>
            </span>
            <kbd>Ctrl K</kbd>
          </button>
        )}
        <div className={css.pages}>
          {groups.map((group) => (
            <div key={group.title} className={css.group}>
              <div className={css.groupTitle}>{group.title}</div>
              {group.entries.map((entry) => (
                <Entrance key={entry.to} entry={entry} />
              ))}
            </div>
          ))}
        </div>
        <StreamLight words />
        <div className={css.foot}>
          <UserMenu onHelp={help.open} />
        </div>
      </nav>
      <header className={css.top}>
        <Brand />
        <StreamLight />
        {!driver && (
          <>
            <Bell />
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t`Find`} onClick={openFinder}>
              <Icon name="search" />
            </ActionIcon>
          </>
        )}
        <UserMenu compact onHelp={help.open} />
      </header>
      <div className={css.content}>
        <AwayBanner />
        <main className={css.main} id="main">
          {children}
        </main>
      </div>
      <nav className={css.tabs} aria-label={t`Pages`}>
        {entries.filter((entry) => !entry.seldom).map((entry) => <Entrance key={entry.to} entry={entry} short />)}
        <MorePages entries={entries.filter((entry) => entry.seldom)} />
      </nav>
      <Suspense>
        {!driver && <Finder />}
        {helped && <Help opened onClose={help.close} />}
      </Suspense>
    </div>
  );
}

/** The menu without what this person may not see. */
function useGroups() {
  const user = useUser();
  const { routesByPath } = useRouter();
  const needed = (to: string) => Object.values(routesByPath).find((route) => route.fullPath === to || route.fullPath === `${to}/`)?.options.staticData;
  const allowed = (to: string) => {
    const page = needed(to);
    return may(user, page ? page.permission : "view");
  };
  return (isDriver(user) ? ownNavigation() : navigation())
    .map((group) => ({ ...group, entries: group.entries.filter(({ to }) => allowed(to)) }))
    .filter((group) => group.entries.length > 0);
}

/** Whose pages these are: the organization's name and logo, where it has said so; else ours. */
function Brand() {
  const { data } = useQuery(lookQuery());
  const look = data?.value;
  const own = look !== undefined && (look.name !== null || look.logo !== null);
  return (
    <Link to="/" className={css.brand} style={look?.colour ? ({ "--brand": look.colour } as CSSProperties) : undefined} data-testid="brand">
      {look?.logo ? <img className={css.brandLogo} src={look.logo.url} alt={look.name ? "" : look.shown_name} /> : <Logo />}
      {own ? look.name && <span className={`${css.brandName} hostile`}>{look.name}</span> : "Stationmaster"}
    </Link>
  );
}

function Entrance({ entry, short = false }: { entry: Entry; short?: boolean }) {
  const counts = entry.count !== undefined;
  const { data: status } = useQuery({ ...statusQuery(), enabled: counts });
  const { data: alerts } = useQuery({ ...unseenAlertsQuery(), enabled: counts });
  const waiting = entry.count?.(status, alerts) ?? 0;
  return (
    <Link to={entry.to} className={css.link} activeOptions={{ exact: entry.to === "/" || entry.to === "/my", includeSearch: false }}>
      <Icon name={entry.icon} size={short ? 21 : 19} />
      {short ? entry.short : entry.name}
      {waiting > 0 && (
        <span className={css.count} title={plural(waiting, { one: "# to look at", other: "# to look at" })}>
          {waiting > 99 ? "99+" : waiting}
        </span>
      )}
    </Link>
  );
}

/** On a phone, where the menu has no room for it. */
function Bell() {
  const { data: alerts } = useQuery(unseenAlertsQuery());
  const open = alerts?.open ?? 0;
  return (
    <Link to="/alerts" className={css.bell} aria-label={open === 0 ? t`Alerts` : plural(open, { one: "Alerts: # is open", other: "Alerts: # are open" })}>
      <Icon name="bell" />
      {open > 0 && <span className={css.count} aria-hidden="true">{open > 99 ? "99+" : open}</span>}
    </Link>
  );
}

/** On a phone: the pages that are seldom wanted. */
function MorePages({ entries }: { entries: Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <Menu position="top-end" width={220} withinPortal>
      <Menu.Target>
        <button type="button" className={css.link}>
          <Icon name="dots" size={21} />
          <Trans>More</Trans>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map((entry) => (
          <Menu.Item key={entry.to} component={Link} to={entry.to} leftSection={<Icon name={entry.icon} />}>
            {entry.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What is on the pages while the server is away was true then, and is not any more. */
function AwayBanner() {
  const away = useAway();
  return (
    <div role="status" className={css.away} hidden={away === null} data-testid="away">
      {away !== null && (
        <>
          <Icon name="refused" size={17} />
          <span>
            <strong>
              <Trans>As of {localMinute(away)}.</Trans>
            </strong>{" "}
            <Trans>The server can't be reached; nothing can be sent to chargers. This page goes on by itself when it is back.</Trans>
          </span>
        </>
      )}
    </div>
  );
}

function streamWords(state: StreamState): string {
  switch (state) {
    case "live":
      return t`Live`;
    case "connecting":
      return t`Connecting…`;
    case "waiting":
      return t`Server away`;
    case "paused":
      return t`Paused while hidden`;
  }
}

function StreamLight({ words = false }: { words?: boolean }) {
  const now = useSyncExternalStore(stream.watchState, () => stream.state);
  const hears = hearsOf(useUser());
  const away = useAway() !== null;
  // While it is away, the attempts to reach it are no news.
  const state = away ? "waiting" : now;
  if (hears === "nothing") return null;
  return (
    <div className={css.stream} role="status" title={streamWords(state)} data-testid={words ? "stream-state" : undefined}>
      <span className={css.dot} data-state={state} />
      <span className={words || state !== "live" ? "" : "visually-hidden"}>{streamWords(state)}</span>
    </div>
  );
}

// Not needed to show a page: fetched beside it.
const Help = lazy(() => import("./Help").then((found) => ({ default: found.Help })));
const Finder = lazy(() => import("./Finder").then((found) => ({ default: found.Finder })));
const openFinder = () => void import("./Finder").then((found) => { found.openFinder(); });

function UserMenu({ compact = false, onHelp }: { compact?: boolean; onHelp: () => void }) {
  const user = useUser();
  const driver = isDriver(user);
  return (
    <>
      {!compact && (
        <span className="clip small dim" title={`${user.email} · ${roleWord(user.role ?? "")}`}>
          {user.email}
        </span>
      )}
      <Menu position={compact ? "bottom-end" : "top-end"} width={210} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t`Account and appearance`}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{compact ? user.email : t`Appearance`}</Menu.Label>
          <Appearance />
          <Menu.Divider />
          <LanguageMenu />
          <Menu.Item leftSection={<Icon name="help" />} rightSection={<kbd className="small dim">?</kbd>} onClick={onHelp} data-testid="open-help">
            <Trans>Help</Trans>
          </Menu.Item>
          {!driver && (
            <Menu.Item leftSection={<Icon name="check" />} component={Link} to="/start">
              <Trans>First steps</Trans>
            </Menu.Item>
          )}
          {!driver && user.customer !== null && (
            <Menu.Item leftSection={<Icon name="play" />} component={Link} to="/my">
              <Trans>My charging</Trans>
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Icon name="lock" />} component={Link} to="/account">
            <Trans>My account</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="out" />} onClick={() => void logout()}>
            <Trans>Sign out</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices: { value: "auto" | "light" | "dark"; icon: IconName; name: string }[] = [
    { value: "auto", icon: "system", name: t`As the system` },
    { value: "light", icon: "sun", name: t`Light` },
    { value: "dark", icon: "moon", name: t`Dark` },
  ];
  return choices.map((choice) => (
    <Menu.Item
      key={choice.value}
      leftSection={<Icon name={choice.icon} />}
      rightSection={colorScheme === choice.value ? <Icon name="check" size={16} /> : null}
      onClick={() => {
        setColorScheme(choice.value);
      }}
    >
      {choice.name}
    </Menu.Item>
  ));
}
