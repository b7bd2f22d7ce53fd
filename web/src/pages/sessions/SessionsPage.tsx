import { Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { sessionsQuery, type SessionFilters } from "../../api/queries";
import { Empty, More, PageHead, Problem, Waiting } from "../../components/bits";
import { useFocus } from "../../live/useFocus";
import css from "./Sessions.module.css";
import { SessionTable } from "./SessionTable";

const route = getRouteApi("/sessions");

const STATES = [
  { value: "active", label: "Charging now" },
  { value: "completed", label: "Completed" },
  { value: "pending", label: "Starting" },
  { value: "cancelled", label: "Cancelled" },
  { value: "invalid", label: "Not valid" },
];

export function SessionsPage() {
  useFocus(null);
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({ ...sessionsQuery(filters), placeholderData: keepPreviousData });
  const sessions = list.data?.pages.flatMap((p) => p.items) ?? [];
  const filtered = Object.values(filters).some(Boolean);
  const filter = (next: SessionFilters) =>
    void navigate({
      search: (old) => Object.fromEntries(Object.entries({ ...old, ...next }).filter(([, v]) => v)),
      replace: true,
      resetScroll: false,
    });

  return (
    <>
      <PageHead title="Sessions" />
      <div className={css.filters}>
        <Typed label="Charger" value={filters.station ?? ""} onChange={(station) => { filter({ station }); }} />
        <Typed label="Card" value={filters.token ?? ""} onChange={(token) => { filter({ token }); }} />
        <Select
          aria-label="State"
          placeholder="Any state"
          data={STATES}
          value={filters.status ?? null}
          onChange={(status) => { filter({ status: status ?? "" }); }}
          clearable
        />
      </div>
      {list.error ? (
        <Problem error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <div className={`${css.flush} card`}>
          {sessions.length > 0 ? (
            <SessionTable sessions={sessions} withStation />
          ) : (
            <Empty title={filtered ? "No session matches" : "No sessions yet"}>
              <p>{filtered ? "Charger id and card number must be complete." : "The first one appears as soon as a driver charges."}</p>
            </Empty>
          )}
          {list.hasNextPage && <More busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />}
        </div>
      )}
    </>
  );
}

/** A filter that asks the server once the typing has paused. */
function Typed({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  const tell = useDebouncedCallback((text: string) => {
    onChange(text.trim());
  }, 350);
  // The address changed by other means, the back button say: follow it.
  if (given !== value) {
    setGiven(value);
    if (value !== typed.trim()) setTyped(value);
  }
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        tell(e.currentTarget.value);
      }}
    />
  );
}
