import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionsQuery } from "../../api/queries";
import { SessionTable } from "../sessions/SessionTable";
import css from "./Charger.module.css";

const RECENT = 5;

export function RecentSessions({ station }: { station: string }) {
  const { data } = useInfiniteQuery(sessionsQuery({ station }, RECENT));
  const items = data?.pages[0]?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={`${css.flush} card`} aria-label="Recent sessions">
      <div className={css.bar}>
        <h2>Recent sessions</h2>
        <Link to="/sessions" search={{ station }} className="small">
          All sessions
        </Link>
      </div>
      <SessionTable sessions={items} />
    </section>
  );
}
