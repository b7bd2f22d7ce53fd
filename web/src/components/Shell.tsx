import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { logout } from "../api/client";
import { statusQuery } from "../api/queries";
import { stream, type StreamState } from "../live/stream";
import { useUser } from "../user";
import { Icon, type IconName } from "./icons";
import css from "./Shell.module.css";

const PAGES: { to: string; icon: IconName; name: string; short: string }[] = [
  { to: "/", icon: "fleet", name: "Chargers", short: "Chargers" },
  { to: "/sessions", icon: "sessions", name: "Sessions", short: "Sessions" },
  { to: "/tokens", icon: "cards", name: "Cards", short: "Cards" },
  { to: "/review", icon: "review", name: "To review", short: "Review" },
  { to: "/refused", icon: "refused", name: "Can't connect?", short: "Refused" },
];

export function Shell() {
  return (
    <div className={css.frame}>
      <a className={css.skip} href="#main">
        Skip to content
      </a>
      <nav className={css.side} aria-label="Pages">
        <Brand />
        <Pages />
        <div className={css.push} />
        <StreamLight words />
        <div className={css.foot}>
          <UserMenu />
        </div>
      </nav>
      <header className={css.top}>
        <Brand />
        <StreamLight />
        <UserMenu compact />
      </header>
      <main className={css.main} id="main">
        <Outlet />
      </main>
      <nav className={css.tabs} aria-label="Pages">
        <Pages short />
      </nav>
    </div>
  );
}

export function Logo({ size = 24 }: { size?: number }) {
  return <img src="/icon.svg" alt="" width={size} height={size} />;
}

function Brand() {
  return (
    <Link to="/" className={css.brand}>
      <Logo />
      Stationmaster
    </Link>
  );
}

function Pages({ short = false }: { short?: boolean }) {
  const { data: status } = useQuery(statusQuery());
  const waiting = status ? status.review.sessions + status.review.alarms + status.review.quarantine : 0;
  return PAGES.map((page) => (
    <Link key={page.to} to={page.to} className={css.link} activeOptions={{ exact: page.to === "/", includeSearch: false }}>
      <Icon name={page.icon} size={short ? 21 : 19} />
      {short ? page.short : page.name}
      {page.to === "/review" && waiting > 0 && (
        <span className={css.count} title={`${waiting} to look at`}>
          {waiting > 99 ? "99+" : waiting}
        </span>
      )}
    </Link>
  ));
}

const STREAM_WORDS: Record<StreamState, string> = {
  live: "Live",
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  paused: "Paused while hidden",
};

function StreamLight({ words = false }: { words?: boolean }) {
  const state = useSyncExternalStore(stream.watchState, () => stream.state);
  return (
    <div className={css.stream} role="status" title={STREAM_WORDS[state]} data-testid={words ? "stream-state" : undefined}>
      <span className={css.dot} data-state={state} />
      <span className={words || state !== "live" ? "" : "visually-hidden"}>{STREAM_WORDS[state]}</span>
    </div>
  );
}

function UserMenu({ compact = false }: { compact?: boolean }) {
  const user = useUser();
  return (
    <>
      {!compact && (
        <span className="clip small dim" title={`${user.email} · ${user.role}`}>
          {user.email}
        </span>
      )}
      <Menu position={compact ? "bottom-end" : "top-end"} width={210} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account and appearance">
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{compact ? user.email : "Appearance"}</Menu.Label>
          <Appearance />
          <Menu.Divider />
          <Menu.Item leftSection={<Icon name="out" />} onClick={() => void logout()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices: { value: "auto" | "light" | "dark"; icon: IconName; name: string }[] = [
    { value: "auto", icon: "system", name: "As the system" },
    { value: "light", icon: "sun", name: "Light" },
    { value: "dark", icon: "moon", name: "Dark" },
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
