import type { ReactNode } from "react";
import css from "./Figures.module.css";

export interface Tile {
  name: string;
  /** The number; a link to what makes it up takes the class it is given. */
  value: (className: string) => ReactNode;
  about?: ReactNode;
  testid?: string;
}

/** Numbers beside each other. */
export function Tiles({ tiles, label }: { tiles: Tile[]; label: string }) {
  return (
    <dl className={`${css.tiles} card`} aria-label={label}>
      {tiles.map(({ name, value, about, testid }) => (
        <div key={name} data-testid={testid}>
          <dt>{name}</dt>
          <dd>
            {value(css.value ?? "")}
            <span className={css.note}>{about}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
