/** What needs no component of a library: the login has it as well, before the others are fetched. */
import type { ReactNode } from "react";
import { Glyph, type Tone } from "./icons";
import css from "./plain.module.css";

/** What stands where there is nothing else; `page` when it is all there is. */
export function Empty({ title, children, page }: { title: string; children?: ReactNode; page?: boolean }) {
  return (
    <div className={css.empty}>
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

export function Note({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <div className={`${css.note} tone-${tone}`}>
      <Glyph tone={tone} />
      <span>{children}</span>
    </div>
  );
}

/** The frame of text to take away, with the button that copies it. */
export function CopyFrame({ value, testid, children }: { value: string; testid?: string | undefined; children: ReactNode }) {
  return (
    <div className={css.copy}>
      <code data-testid={testid}>{value}</code>
      {children}
    </div>
  );
}
