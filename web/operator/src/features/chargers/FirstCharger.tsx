import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Copyable } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useChargerUrl } from "./address";
import css from "./Fleet.module.css";

/** What an empty fleet says: how the first charger gets here. */
export function FirstCharger({ button }: { button: ReactNode }) {
  const chargerUrl = useChargerUrl();
  return (
    <section className={`${css.first} card`}>
      <h2>
        <Trans>Connect your first charger</Trans>
      </h2>
      <p className="dim">
        <Trans>Any charger that speaks OCPP 1.6 (JSON), 2.0.1 or 2.1 will do. It takes three steps.</Trans>
      </p>
      <ol>
        <li>
          <p>
            <Trans>Add it here. You choose its id; we make its password.</Trans>
          </p>
          {button}
        </li>
        <li>
          <p>
            <Trans>In the charger's own settings, enter this address as the OCPP server, with its id at the end, and the password. Where it asks for a user name, that is its id.</Trans>
          </p>
          <Copyable value={chargerUrl("<id>")} label={t`Copy address`} />
        </li>
        <li>
          <p>
            <Trans>Restart the charger. It appears here by itself.</Trans>
          </p>
          <p className="dim small">
            <Trans>If it does not, “Can't connect?” in the menu says why.</Trans>
          </p>
          <p className="small">
            <Link to="/start"><Trans>All first steps, from the site to the first bill</Trans></Link>
          </p>
        </li>
      </ol>
    </section>
  );
}
