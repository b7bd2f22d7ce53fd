import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { useMay, useUser } from "../../user";
import css from "./Alerts.module.css";

/** Whether somebody may say who is told: that is about all sites. */
export function useMayRule(): boolean {
  const everywhere = useUser().sites === null;
  return useMay("administer") && everywhere;
}

/** The pages about alerts, beside each other. */
export function Tabs() {
  const rules = useMayRule();
  return (
    <nav aria-label={t`Pages about alerts`} className={css.tabs}>
      <Link to="/alerts" activeOptions={{ exact: true, includeSearch: false }}>{t`Alerts`}</Link>
      <Link to="/alert-pauses" activeOptions={{ includeSearch: false }}>{t`Planned work`}</Link>
      {rules && (
        <>
          <Link to="/alert-rules" activeOptions={{ includeSearch: false }}>{t`Rules`}</Link>
          <Link to="/alert-channels" activeOptions={{ includeSearch: false }}>{t`Channels`}</Link>
          <Link to="/alert-messages" activeOptions={{ includeSearch: false }}>{t`Messages`}</Link>
        </>
      )}
    </nav>
  );
}
