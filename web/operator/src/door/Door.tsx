import type { ReactNode } from "react";
import css from "./door.module.css";
import { LanguageSwitch } from "./LanguageSwitch";
import { Logo } from "./Logo";

/** The page in front of the pages: for who has not signed in. */
export function Door({ children }: { children: ReactNode }) {
  return (
    <main className={css.page}>
      <div className={css.box}>
        <div className={css.brand}>
          <Logo size={44} />
          <h1>Stationmaster</h1>
        </div>
        {children}
        <div className={css.language}>
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}
