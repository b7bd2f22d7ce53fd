import type { ReactNode } from "react";
import { LanguageSelect } from "./Languages";
import { Logo } from "./Logo";
import css from "./Login.module.css";

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
          <LanguageSelect />
        </div>
      </div>
    </main>
  );
}
