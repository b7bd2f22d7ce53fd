import type { ReactNode } from "react";
import css from "./forms.module.css";

/** Some fields of a long form under a heading. */
export function FormPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={css.part}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

/** Two fields beside each other; below one another where there is no room. */
export function Pair({ children }: { children: ReactNode }) {
  return <div className={css.pair}>{children}</div>;
}
