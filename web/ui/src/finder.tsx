import { Spotlight, spotlight } from "@mantine/spotlight";
import type { ReactNode } from "react";
import { Icon } from "./icons";

interface Action {
  id: string;
  label: string;
  description?: string;
  icon: ReactNode;
  onClick: () => void;
}

interface Props {
  query: string;
  onQuery: (query: string) => void;
  placeholder: string;
  nothing: string;
  groups: { title: string; actions: Action[] }[];
}

export function openFinder(): void {
  spotlight.open();
}

/** What is found while one types, by Ctrl+K or Cmd+K. */
export function Finder({ query, onQuery, placeholder, nothing, groups }: Props) {
  const filled = groups.filter((group) => group.actions.length > 0);
  return (
    <Spotlight.Root query={query} onQueryChange={onQuery} shortcut="mod + K" scrollable maxHeight={420}>
      <Spotlight.Search placeholder={placeholder} aria-label={placeholder} leftSection={<Icon name="search" />} />
      <Spotlight.ActionsList>
        {filled.map((group) => (
          <Spotlight.ActionsGroup key={group.title} label={group.title}>
            {group.actions.map((action) => (
              <Spotlight.Action
                key={action.id}
                label={action.label}
                description={action.description}
                leftSection={action.icon}
                onClick={action.onClick}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {filled.length === 0 && <Spotlight.Empty>{nothing}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
