import { Problem, Waiting } from "@stationmaster/ui";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import css from "../../figures/Figures.module.css";

/** A part of the page under its heading. */
export function Part({ id, title, aside, about, children }: { id: string; title: string; aside?: ReactNode; about?: string; children: ReactNode }) {
  return (
    <section className={css.part} aria-labelledby={id}>
      <div className={css.partHead}>
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {about && <p className={`${css.about} dim small`}>{about}</p>}
      {children}
    </section>
  );
}

/** What was asked for, once it is here; why not, when it does not come. */
export function Found<T>({ of: { data, error, refetch }, children }: { of: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  return data === undefined ? <Waiting /> : children(data);
}
